"""The paths that are the host's: those it keeps for itself, and those that any function may take over."""

LIVE, READY = "/health/live", "/health/ready"
PROBES = (LIVE, READY)
METRICS = "/metrics"

_KEPT = ("/admin/", "/runtime/")


def is_throttled(path: str) -> bool:
    """May a request wait, or be refused, because others came before it? Not one that asks how the host is."""
    return not is_hosts(path) and path not in (*PROBES, METRICS)


def is_hosts(path: str) -> bool:
    """Does the host keep this path for itself, whatever routes functions have?"""
    return path.lower().startswith(_KEPT)
