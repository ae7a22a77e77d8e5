from function_host.scoring.settings import ScoringSettings
from function_host.scoring.swagger_template import function_service, openapi_3, swagger_2

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


def test_a_function_has_its_own_path_and_key():
    service = function_service("/api/items/{id:int}", "/api/swagger.json", needs_key=True)
    two, three = swagger_2(ScoringSettings(), {}, {}, service), openapi_3("3.0.3", ScoringSettings(), {}, {}, service)

    assert list(two["paths"]) == list(three["paths"]) == ["/api/items/{id}", "/api/swagger.json"]
    assert two["securityDefinitions"]["FunctionKey"]["name"] == "x-functions-key"
    assert [each["in"] for each in two["paths"]["/api/items/{id}"]["post"]["parameters"]] == ["path", "body"]
    (parameter,) = three["paths"]["/api/items/{id}"]["post"]["parameters"]
    assert (parameter["name"], parameter["required"], parameter["schema"]) == ("id", True, {"type": "string"})


def test_what_nobody_reaches_by_http_has_schemas_alone():
    document = openapi_3("3.0.3", ScoringSettings(), {"a": 1}, {}, function_service("", "", needs_key=False))

    assert (document["paths"], document["security"]) == ({}, [])
    assert document["components"]["schemas"]["ServiceInput"] == {"a": 1}
