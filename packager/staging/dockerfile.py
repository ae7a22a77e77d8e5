"""Write the Dockerfile: packages first, then runtime, models and code, so that a changed script rebuilds little."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

PORT = 8080
WHEELS_FOLDER = "wheels"
DOCKERIGNORE = "Dockerfile*\n.dockerignore\nlocal.settings.json\n**/local.settings.json\n"

_OWN_STAGE = "own"
_ROOT = "/home/site/wwwroot"
_PYTHON = "/opt/venv/bin/python"
_HEALTH = f"import urllib.request as u; u.urlopen('http://127.0.0.1:{PORT}/admin/host/ping', timeout=4)"
_START = [_PYTHON, "-m", "function_host", "start", "--script-root", _ROOT, "--host", "0.0.0.0", "--port", str(PORT)]  # noqa: S104 - a container is reached from outside
_VERSION_CHECK = (
    "import sys; found = '%d.%d' % sys.version_info[:2]; "
    "sys.exit(None if found == {wanted!r} else "
    "'The base image has Python ' + found + ', the environment asks for {wanted}.')"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """All that a Dockerfile depends on."""

    base_image: str
    python_version: str
    variables: Mapping[str, str] = field(default_factory=dict)
    has_models: bool = False
    locked: bool = False
    """Is there a requirements.lock to install from?"""
    base_dockerfile: str = ""
    """The user's own Dockerfile, whose last stage stands for the base image."""
    steps: str = ""
    """The user's own steps, which come right after the base image."""
    system_packages: bool = False
    """Does the image's own Python have the script's packages?"""
    wheelhouse: bool = False
    """Packages come from the folder `wheels` of the context; installing them needs no network."""

    @property
    def needs_network(self) -> bool:
        """May the user's own steps fetch something?"""
        return bool(self.base_dockerfile or self.steps)


def render_dockerfile(recipe: Recipe) -> str:
    """The text of the Dockerfile."""
    check = json.dumps(["python3", "-c", _VERSION_CHECK.format(wanted=recipe.python_version)])
    base = _base(recipe)
    return "\n".join(
        [
            *base.lines,
            f"FROM {base.name} AS packages",
            f"RUN {check}",
            f"RUN python3 -m venv {'--system-site-packages ' if recipe.system_packages else ''}/opt/venv",
            *_install(recipe),
            "",
            f"FROM {base.name}",
            f"ENV {_environment(recipe.variables)}",
            "COPY --from=packages /opt/venv /opt/venv",
            f"WORKDIR {_ROOT}",
            "COPY .python_packages/ .python_packages/",
            f"RUN {json.dumps(_compile())}",
            *(["COPY azureml-models/ azureml-models/"] if recipe.has_models else []),
            "COPY azureml-app/ azureml-app/",
            f"COPY function_app.py host.json {_requirements(recipe)} ./",
            "USER 65532:65532",
            f"EXPOSE {PORT}",
            "STOPSIGNAL SIGTERM",
            "HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \\",
            f"  CMD {json.dumps([_PYTHON, '-c', _HEALTH])}",
            f"CMD {json.dumps(_START)}",
            "",
        ]
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Base:
    """What both stages are made from, and the lines that make it."""

    name: str
    lines: Sequence[str] = ()


def _base(recipe: Recipe) -> _Base:
    if not recipe.needs_network:
        return _Base(name=recipe.base_image)
    own = recipe.base_dockerfile.splitlines() or [f"FROM {recipe.base_image}"]
    last = max(number for number, line in enumerate(own) if re.match(r"\s*FROM\s", line, re.IGNORECASE))
    opening = re.sub(r"\s+AS\s+\S+\s*$", "", own[last], flags=re.IGNORECASE).rstrip()
    return _Base(
        name=_OWN_STAGE,
        lines=[*own[:last], f"{opening} AS {_OWN_STAGE}", *own[last + 1 :], *recipe.steps.splitlines(), ""],
    )


def _requirements(recipe: Recipe) -> str:
    return "requirements.txt requirements.lock" if recipe.locked else "requirements.txt"


def _install(recipe: Recipe) -> list[str]:
    pip = "/opt/venv/bin/pip --disable-pip-version-check --no-cache-dir"
    copied = f"{_requirements(recipe)} {WHEELS_FOLDER}/" if recipe.wheelhouse else _requirements(recipe)
    source = " --no-index --find-links=/wheels" if recipe.wheelhouse else ""
    # Everything is in the lock; to look at what else a package wants could only add what is not.
    listed = (
        "--no-deps --require-hashes -r /wheels/requirements.lock" if recipe.locked else "-r /wheels/requirements.txt"
    )
    return [
        f"COPY {copied} /wheels/",
        f"RUN {pip} uninstall -y setuptools \\",
        f"  && {pip} install{source} {listed} \\",
        f"  && {pip} uninstall -y pip",
    ]


def _compile() -> list[str]:
    """Nothing is ever written at run time, so what is not compiled here is compiled at every start."""
    return [_PYTHON, "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash", ".python_packages"]


def _environment(variables: Mapping[str, str]) -> str:
    values = {
        "AzureWebJobsScriptRoot": _ROOT,
        "FUNCTIONS_WORKER_RUNTIME": "python",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPATH": f"{_ROOT}/.python_packages/lib/site-packages",
        "PYTHONUNBUFFERED": "1",
        **dict(sorted(variables.items())),
    }
    return " \\\n    ".join(f"{name}={_quoted(value)}" for name, value in values.items())


def _quoted(value: str) -> str:
    for special in ("\\", '"', "$"):
        value = value.replace(special, f"\\{special}")
    return f'"{value}"'
