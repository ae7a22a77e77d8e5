import pytest

from function_host.http.own_paths import is_hosts, is_throttled


@pytest.mark.parametrize(
    ("path", "hosts"),
    [("/admin/x", True), ("/Runtime/x", True), ("/administrators", False), ("/admin", False), ("/api/admin/x", False)],
)
def test_what_the_host_keeps(path, hosts):
    assert is_hosts(path) is hosts


@pytest.mark.parametrize(
    ("path", "throttled"),
    [
        ("/api/x", True),
        ("/", True),
        ("/metrics/x", True),
        ("/metrics", False),
        ("/health/live", False),
        ("/admin/x", False),
    ],
)
def test_what_waits_its_turn(path, throttled):
    assert is_throttled(path) is throttled
