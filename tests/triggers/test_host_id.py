import pytest

from triggers.host_id import host_id


@pytest.mark.parametrize(
    ("folder", "settings", "expected"),
    [
        ("/apps/Diabetes", {}, "diabetes"),
        ("/apps/x", {"WEBSITE_SITE_NAME": "My.Site"}, "my-site"),
        ("/apps/x", {"azurefunctionswebhost__HOSTID": "chosen", "WEBSITE_SITE_NAME": "site"}, "chosen"),
        ("/apps/" + "a" * 40, {}, "a" * 32),
        ("/apps/___", {}, "app"),
        ("/apps/a--b_-c", {}, "a-b-c"),
    ],
)
def test_the_id_is_the_settings_the_sites_or_the_folders(tmp_path, folder, settings, expected):
    assert host_id(tmp_path / folder, settings) == expected
