import pytest

from function_host.scoring.settings import ScoringSettings
from function_host.scoring.swagger import Swagger, sample_of

ANYTHING = {"type": "object", "example": {}}


def plain(data):
    return data


def swagger(run=plain, folders=()):
    return Swagger(run, ScoringSettings(service_name="diabetes"), folders)


@pytest.mark.parametrize(("alias", "version"), [("2", "2"), ("2.0", "2"), ("3", "3"), ("3.0", "3")])
def test_versions_have_two_names(alias, version):
    documents = swagger()
    assert documents.document(alias) is documents.document(version)


def test_a_run_without_a_schema_takes_and_gives_any_object():
    assert swagger().document("2")["definitions"]["ServiceInput"] == ANYTHING
    assert swagger().document("3.1")["components"]["schemas"]["ServiceOutput"] == ANYTHING


def test_an_unknown_version_is_told_the_known_ones():
    with pytest.raises(KeyError, match=r"version \[9\] is not valid. Supported versions: \[2, 3, 3.1\]"):
        swagger().document("9")


def test_samples_become_the_schemas():
    from inference_schema.parameter_types.standard_py_parameter_type import StandardPythonParameterType
    from inference_schema.schema_decorators import input_schema, output_schema

    @input_schema("data", StandardPythonParameterType({"a": 1}))
    @output_schema(StandardPythonParameterType([1.5]))
    def run(data):
        return data

    schemas = swagger(run).document("3")["components"]["schemas"]
    assert schemas["ServiceInput"]["example"] == {"data": {"a": 1}}
    assert schemas["ServiceOutput"]["example"] == [1.5]


def test_a_version_that_cannot_express_the_sample_is_not_there():
    from inference_schema.parameter_types.standard_py_parameter_type import StandardPythonParameterType
    from inference_schema.schema_decorators import input_schema

    @input_schema("data", StandardPythonParameterType([1, "two"]))
    def mixed(data):
        return data

    assert swagger(mixed).document("3")["openapi"] == "3.0.3"
    with pytest.raises(KeyError, match=r"version \[2\] is not supported for the scoring script"):
        swagger(mixed).document("2")


def test_a_file_of_the_users_own_wins(tmp_path):
    (tmp_path / "swagger3.1.json").write_text('{"openapi": "mine"}')
    documents = swagger(folders=[tmp_path])
    assert documents.document("3.1") == {"openapi": "mine"}
    assert documents.document("3")["openapi"] == "3.0.3"


@pytest.fixture
def packaged(tmp_path):
    (tmp_path / "sample_input.json").write_text('{"data": [1]}')
    (tmp_path / "sample_output.json").write_text("[1.5]")
    return tmp_path


@pytest.mark.parametrize("version", ["3", "3.1"])
def test_packaged_samples_become_the_schemas_of_a_plain_script(packaged, version):
    schemas = swagger(folders=[packaged]).document(version)["components"]["schemas"]

    assert schemas["ServiceInput"]["example"] == {"data": [1]}
    assert schemas["ServiceInput"]["properties"]["data"]["type"] == "array"
    assert schemas["ServiceOutput"]["items"]["type"] == "number"
    assert swagger(folders=[packaged]).document("2")["definitions"]["ServiceInput"]["example"] == {"data": [1]}


def test_decorators_win_over_packaged_samples(packaged):
    from inference_schema.parameter_types.standard_py_parameter_type import StandardPythonParameterType
    from inference_schema.schema_decorators import input_schema

    @input_schema("data", StandardPythonParameterType("text"))
    def decorated(data):
        return data

    schemas = swagger(decorated, [packaged]).document("3")["components"]["schemas"]

    assert schemas["ServiceInput"]["example"] == {"data": "text"}
    assert sample_of(decorated) == '{"data": "text"}'
    assert sample_of(plain) is None


def test_a_file_of_the_users_own_wins_over_samples_too(packaged):
    (packaged / "swagger.json").write_text('{"swagger": "mine"}')

    assert swagger(folders=[packaged]).document("2") == {"swagger": "mine"}
