import json

from packager.staging.host_json import render_host_json


def test_a_function_app_keeps_the_default_route_prefix():
    settings = json.loads(render_host_json(is_web_service=False))

    assert settings["version"] == "2.0"
    assert "extensions" not in settings


def test_a_web_service_has_no_route_prefix():
    assert json.loads(render_host_json(is_web_service=True))["extensions"]["http"]["routePrefix"] == ""
