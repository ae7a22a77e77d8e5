"""The table is held against the classes that stand for the retired ones."""

import ast
import inspect
from pathlib import Path

import pytest

import packager
from packager import PackagerError
from packager.migration.table import WORDS, RetiredName, table

DOCUMENTED = [(name, table().names[f"{module}.{name}"]) for module, name in table().documented]
CALLED = [(name, retired) for name, retired in DOCUMENTED if retired.parameters is not None]
REFUSED = [(name, retired) for name, retired in DOCUMENTED if retired.now == "refused"]


def names(pairs: list[tuple[str, RetiredName]]) -> list[str]:
    return [name for name, _ in pairs]


@pytest.fixture
def instance_of(inference_config, model_file):
    makers = {
        "Model": lambda: packager.Model.register(None, model_file, "m"),
        "InferenceConfig": lambda: inference_config,
        "Environment": lambda: packager.Environment("e"),
        "CondaDependencies": packager.CondaDependencies,
        "ModelPackage": lambda: packager.ModelPackage(workspace=None, location="name:1"),
    }
    return lambda owner: makers[owner]()


@pytest.mark.parametrize(("name", "retired"), DOCUMENTED, ids=names(DOCUMENTED))
def test_every_name_is_here(name, retired, instance_of):
    owner, _, attribute = name.partition(".")
    if not attribute:
        assert hasattr(packager, owner)
    elif retired.now == "refused":
        assert inspect.getattr_static(getattr(packager, owner), attribute)
    else:
        assert hasattr(instance_of(owner), attribute)


@pytest.mark.parametrize(("name", "retired"), CALLED, ids=names(CALLED))
def test_parameters_have_their_names_and_order(name, retired):
    ours = list(inspect.signature(_found(name)).parameters.values())
    takes_any_keyword = any(each.kind is each.VAR_KEYWORD for each in ours)
    positional = [each.name for each in ours if each.kind is each.POSITIONAL_OR_KEYWORD and each.name != "self"]
    wanted = _parameters(retired.parameters)

    assert positional[: len(wanted)] == wanted or (takes_any_keyword and positional == wanted[: len(positional)])


@pytest.mark.parametrize(("name", "retired"), REFUSED, ids=names(REFUSED))
def test_what_is_refused_says_why(name, retired, instance_of):
    owner, _, attribute = name.partition(".")

    with pytest.raises(PackagerError, match=r"\w{3,} .{30,}\.$"):
        getattr(instance_of(owner), attribute)(**dict.fromkeys(_parameters(retired.parameters or ""), "x"))
    assert retired.note


def test_what_calls_return_is_in_the_table():
    returned = {retired.returns for retired in table().names.values() if retired.returns}

    assert {name for name in returned if not table().is_class(name)} <= {"azureml.core.webservice.Webservice"}


def test_the_same_name_by_other_ways():
    assert table().canonical("azureml.core.Model.list") == "azureml.core.model.Model.list"
    assert table().canonical("azureml.core.model.Model.list") == "azureml.core.model.Model.list"


def test_what_is_not_listed_is_judged_by_what_it_is_in():
    assert table().find("azureml.train.sklearn.SKLearn").note.startswith("the packager does not train")
    assert table().find("azureml.unheard.of").now == "refused"


def test_words_and_aliases_are_known():
    assert {retired.now for retired in (*table().names.values(), *table().below.values())} <= set(WORDS)
    assert all(target.startswith("azureml.") for target in table().aliases.values())


def _found(name: str) -> object:
    found: object = packager
    for part in name.split("."):
        found = getattr(found, part)
    return found


def _parameters(written: str) -> list[str]:
    parsed = ast.parse(f"def f({written}): pass").body[0]
    assert isinstance(parsed, ast.FunctionDef)
    return [each.arg for each in parsed.args.args]


def test_the_table_is_beside_the_code():
    assert Path(packager.__file__).parent.joinpath("migration/retired.toml").is_file()
