from function_host.scoring.settings import ScoringSettings
from function_host.scoring.swagger_template import openapi_3, swagger_2

SETTINGS = ScoringSettings(service_name="diabetes", service_version="7", service_path_prefix="/api/v1")
PATHS = ["/api/v1/", "/api/v1/score", "/api/v1/swagger.json"]


def test_version_2_names_the_service_and_its_paths():
    document = swagger_2(SETTINGS, {"in": 1}, {"out": 1})
    assert document["swagger"] == "2.0"
    assert (document["info"]["title"], document["info"]["version"]) == ("diabetes", "7")
    assert list(document["paths"]) == PATHS
    assert document["definitions"]["ServiceInput"] == {"in": 1}


def test_version_3_names_them_too():
    document = openapi_3("3.1.0", SETTINGS, {"in": 1}, {"out": 1})
    assert document["openapi"] == "3.1.0"
    assert list(document["paths"]) == PATHS
    assert document["components"]["schemas"]["ServiceOutput"] == {"out": 1}


def test_every_reference_leads_somewhere():
    schemas = {"ServiceInput", "ServiceOutput", "ErrorResponse"}
    for document, where in ((swagger_2(SETTINGS, {}, {}), "#/definitions/"),
                            (openapi_3("3.0.3", SETTINGS, {}, {}), "#/components/schemas/")):  # fmt: skip
        assert {reference.removeprefix(where) for reference in _references(document)} == schemas


def _references(node):
    if isinstance(node, dict):
        for key, value in node.items():
            yield from [value] if key == "$ref" else _references(value)
    elif isinstance(node, list):
        for each in node:
            yield from _references(each)
