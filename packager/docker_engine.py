"""Reach the Docker Engine, or say what to do without one."""

from typing import Any

from packager.errors import EngineUnavailable

_WAY_OUT = (
    "Start Docker, or point DOCKER_HOST at an engine, or ask for the build context alone (generate_dockerfile=True)."
)


def connect() -> Any:
    """A client of the engine at DOCKER_HOST or the default socket; raises EngineUnavailable."""
    try:
        import docker
        from docker.errors import DockerException
    except ImportError as error:
        raise EngineUnavailable(
            "The Docker SDK for Python is not installed; install functions-packager[docker], or ask for the build "
            "context alone (generate_dockerfile=True)."
        ) from error
    try:
        client = docker.from_env()
        client.ping()
    except (DockerException, OSError) as error:
        raise EngineUnavailable(f"No Docker Engine answers ({error}). {_WAY_OUT}") from error
    return client
