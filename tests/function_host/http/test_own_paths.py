import pytest

from function_host.http.own_paths import is_hosts


@pytest.mark.parametrize(
    ("path", "hosts"),
    [("/admin/x", True), ("/Runtime/x", True), ("/administrators", False), ("/admin", False), ("/api/admin/x", False)],
)
def test_what_the_host_keeps(path, hosts):
    assert is_hosts(path) is hosts
