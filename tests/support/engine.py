"""A Docker Engine that answers: the one DOCKER_HOST names, else the default socket."""

import gc
import warnings
from dataclasses import dataclass

import docker
from docker.errors import DockerException

_OLDEST_API = "1.41"


@dataclass(frozen=True, kw_only=True)
class DockerEngine:
    """A running engine: a docker SDK client and the address it talks to."""

    client: docker.DockerClient
    url: str


def connect() -> DockerEngine | str:
    """The engine, or why there is none, in one sentence."""
    with warnings.catch_warnings():
        # The SDK leaves the socket of a failed connection to the garbage collector.
        warnings.simplefilter("ignore", ResourceWarning)
        refusal = _refusal()
        gc.collect()
    if refusal:
        return refusal
    client = docker.from_env(timeout=120)
    return DockerEngine(client=client, url=str(client.api.base_url))


def _refusal() -> str:
    # A client that is told its version connects only when asked to, so it can be closed when nobody answers.
    probe = docker.from_env(version=_OLDEST_API, timeout=10)
    try:
        probe.ping()
    except (DockerException, OSError) as cause:
        return f"No Docker Engine answers ({cause}); start one or set DOCKER_HOST."
    finally:
        probe.close()
    return ""
