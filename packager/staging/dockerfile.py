"""Write the Dockerfile: packages first, then runtime, models and code, so that a changed script rebuilds little."""

import json
from collections.abc import Mapping

PORT = 8080
WHEELS_FOLDER = "wheels"
DOCKERIGNORE = "Dockerfile*\n.dockerignore\nlocal.settings.json\n**/local.settings.json\n"

_ROOT = "/home/site/wwwroot"
_PYTHON = "/opt/venv/bin/python"
_HEALTH = f"import urllib.request as u; u.urlopen('http://127.0.0.1:{PORT}/admin/host/ping', timeout=4)"
_START = [_PYTHON, "-m", "function_host", "start", "--script-root", _ROOT, "--host", "0.0.0.0", "--port", str(PORT)]  # noqa: S104 - a container is reached from outside
_VERSION_CHECK = (
    "import sys; found = '%d.%d' % sys.version_info[:2]; "
    "sys.exit(None if found == {wanted!r} else "
    "'The base image has Python ' + found + ', the environment asks for {wanted}.')"
)


def render_dockerfile(
    *,
    base_image: str,
    python_version: str,
    variables: Mapping[str, str],
    has_models: bool,
    wheelhouse: bool = False,
) -> str:
    """The text of the Dockerfile.

    With `wheelhouse` packages come from the folder `wheels` of the context and the build needs no network.
    """
    check = json.dumps(["python3", "-c", _VERSION_CHECK.format(wanted=python_version)])
    return "\n".join(
        [
            f"FROM {base_image} AS packages",
            f"RUN {check}",
            "RUN python3 -m venv /opt/venv",
            *_install(wheelhouse),
            "",
            f"FROM {base_image}",
            f"ENV {_environment(variables)}",
            "COPY --from=packages /opt/venv /opt/venv",
            f"WORKDIR {_ROOT}",
            "COPY .python_packages/ .python_packages/",
            f"RUN {json.dumps(_compile())}",
            *(["COPY azureml-models/ azureml-models/"] if has_models else []),
            "COPY azureml-app/ azureml-app/",
            "COPY function_app.py host.json requirements.txt ./",
            "USER 65532:65532",
            f"EXPOSE {PORT}",
            "STOPSIGNAL SIGTERM",
            "HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \\",
            f"  CMD {json.dumps([_PYTHON, '-c', _HEALTH])}",
            f"CMD {json.dumps(_START)}",
            "",
        ]
    )


def _install(wheelhouse: bool) -> list[str]:
    pip = "/opt/venv/bin/pip --disable-pip-version-check --no-cache-dir"
    if wheelhouse:
        copy, source = f"COPY requirements.txt {WHEELS_FOLDER}/ /wheels/", " --no-index --find-links=/wheels"
    else:
        copy, source = "COPY requirements.txt /wheels/", ""
    return [
        copy,
        f"RUN {pip} uninstall -y setuptools \\",
        f"  && {pip} install{source} -r /wheels/requirements.txt \\",
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
