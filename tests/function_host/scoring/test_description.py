import pytest

from function_host.scoring.description import describe_package


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "sample_input.json").write_text("[1]")
    return tmp_path


def test_a_web_service_is_described_with_the_packages_own_words(folder):
    document = describe_package(folder, {"SERVICE_NAME": "diabetes"}, None, is_web_service=True)

    assert (document["openapi"], document["info"]["title"]) == ("3.0.3", "diabetes")
    assert list(document["paths"]) == ["/", "/score", "/swagger.json"]
    assert document["components"]["schemas"]["ServiceInput"]["example"] == [1]


@pytest.mark.parametrize(
    ("http", "path", "schemes"),
    [({}, "/api/score", ["FunctionKey"]), ({"route": "/x/", "auth_level": "anonymous"}, "/api/x", [])],
)
def test_a_function_app_is_described_at_its_route(folder, http, path, schemes):
    document = describe_package(folder, {}, http, is_web_service=False)

    assert list(document["paths"]) == [path, "/api/swagger.json"]
    assert list(document["components"]["securitySchemes"]) == schemes


def test_without_http_there_are_schemas_alone(folder):
    assert describe_package(folder, {}, None, is_web_service=False)["paths"] == {}
