"""The paths that are the host's: those it keeps for itself, and the probes that any function may take over."""

LIVE, READY = "/health/live", "/health/ready"
PROBES = (LIVE, READY)

_KEPT = ("/admin/", "/runtime/")


def is_hosts(path: str) -> bool:
    """Does the host keep this path for itself, whatever routes functions have?"""
    return path.lower().startswith(_KEPT)
