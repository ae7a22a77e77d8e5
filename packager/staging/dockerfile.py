"""Write the Dockerfile: packages first, then runtime, models and code, so that a changed script rebuilds little."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from packager.staging.container import OWN_HOST, PYTHON, ROOT, SITE_PACKAGES, STOP_SIGNAL, Container, container
from packager.staging.private_wheels import FOLDER as PRIVATE_WHEELS

WHEELS_FOLDER = "wheels"
DOCKERIGNORE = "Dockerfile*\n.dockerignore\nlocal.settings.json\n**/local.settings.json\n"

_OWN_STAGE = "own"
_FOR_AZURE = "/packages"
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
    labels: Mapping[str, str] = field(default_factory=dict)
    """What the image says of itself without being run."""
    private_wheels: bool = False
    """Has the context a folder of wheels that no index has?"""
    extra_files: Sequence[str] = ()
    """Files of the context that lie beside function_app.py in the image too."""

    host: str = OWN_HOST
    """`functions`, or `azure_functions` for a base image of Microsoft's host."""

    @property
    def needs_network(self) -> bool:
        """May the user's own steps fetch something?"""
        return bool(self.base_dockerfile or self.steps)


def render_dockerfile(recipe: Recipe) -> str:
    """The text of the Dockerfile."""
    check = json.dumps(["python3", "-c", _VERSION_CHECK.format(wanted=recipe.python_version)])
    base = _base(recipe)
    settings = container(recipe.host, recipe.variables)
    ours = recipe.host == OWN_HOST
    return "\n".join(
        [
            *base.lines,
            f"FROM {base.name} AS packages",
            f"RUN {check}",
            *(_install(recipe) if ours else _install_for_azure(recipe)),
            "",
            f"FROM {base.name}",
            f"ENV {_environment(settings.environment)}",
            *(["COPY --from=packages /opt/venv /opt/venv"] if ours else []),
            f"WORKDIR {ROOT}",
            *([] if ours else [f"COPY --from=packages {_FOR_AZURE}/ {SITE_PACKAGES}/"]),
            "COPY .python_packages/ .python_packages/",
            *([f"RUN {json.dumps(_compile())}"] if ours else []),
            *(["COPY azureml-models/ azureml-models/"] if recipe.has_models else []),
            "COPY azureml-app/ azureml-app/",
            f"COPY {' '.join(('function_app.py', 'host.json', _requirements(recipe), *recipe.extra_files))} ./",
            *(f"LABEL {name}={_quoted(value)}" for name, value in sorted(recipe.labels.items())),
            *_start(settings),
            "",
        ]
    )


def _start(settings: Container) -> list[str]:
    health = [
        "HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \\",
        f"  CMD {json.dumps(settings.health)}",
    ]
    return [
        *([f"USER {settings.user}"] if settings.user else []),
        f"EXPOSE {settings.port}",
        f"STOPSIGNAL {STOP_SIGNAL}",
        *(health if settings.health else []),
        # The base's own entry point would take our command for arguments.
        *(["ENTRYPOINT []", f"CMD {json.dumps(settings.command)}"] if settings.command else []),
    ]


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
    return [
        f"RUN python3 -m venv {'--system-site-packages ' if recipe.system_packages else ''}/opt/venv",
        *_copied(recipe),
        f"RUN {pip} uninstall -y setuptools \\",
        f"  && {pip} install{_listed(recipe)} \\",
        f"  && {pip} uninstall -y pip",
    ]


def _install_for_azure(recipe: Recipe) -> list[str]:
    pip = "python3 -m pip --disable-pip-version-check --no-cache-dir"
    return [*_copied(recipe), f"RUN {pip} install --target {_FOR_AZURE}{_listed(recipe)}"]


def _copied(recipe: Recipe) -> list[str]:
    copied = f"{_requirements(recipe)} {WHEELS_FOLDER}/" if recipe.wheelhouse else _requirements(recipe)
    private = [f"COPY {PRIVATE_WHEELS}/ /wheels/{PRIVATE_WHEELS}/"] if recipe.private_wheels else []
    return [f"COPY {copied} /wheels/", *private]


def _listed(recipe: Recipe) -> str:
    source = " --no-index --find-links=/wheels" if recipe.wheelhouse else ""
    # Everything is in the lock; to look at what else a package wants could only add what is not.
    if recipe.locked:
        return f"{source} --no-deps --require-hashes -r /wheels/requirements.lock"
    return f"{source} -r /wheels/requirements.txt"


def _compile() -> list[str]:
    """Nothing is ever written at run time, so what is not compiled here is compiled at every start."""
    return [PYTHON, "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash", ".python_packages"]


def _environment(variables: Mapping[str, str]) -> str:
    return " \\\n    ".join(f"{name}={_quoted(value)}" for name, value in variables.items())


def _quoted(value: str) -> str:
    for special in ("\\", '"', "$"):
        value = value.replace(special, f"\\{special}")
    return f'"{value}"'
