import tarfile

import pytest

from packager.builders.bytecode import compiler_for
from packager.builders.image_layers import LayerMaker, app_entries, lock_entries
from packager.builders.layers import Entry
from packager.builders.venv import virtual_environment
from packager.builders.wheels import WheelSet
from packager.errors import BuildFailed
from packager.models.contract import content_sha256
from packager.request import check_request
from packager.staging.context import stage
from tests.packager.builders.bases import cache_in
from tests.packager.wheels import add_wheel

ROOT = "home/site/wwwroot"


@pytest.fixture
def cache(tmp_path):
    return cache_in(tmp_path)


@pytest.fixture
def maker(cache) -> LayerMaker:
    return LayerMaker(cache=cache, compiler=None)


@pytest.fixture
def app(inference_config, source, model_file, tmp_path):
    (source / "local.settings.json").write_text('{"secret": 1}')
    (source / "Dockerfile").write_text("mine")
    return stage(check_request([model_file], inference_config, {"http": {}}), tmp_path / "out").folder


@pytest.fixture
def wheels(cache, tmp_path) -> WheelSet:
    folder = tmp_path / "wheels"
    folder.mkdir()
    add_wheel(folder, "plain", "py3-none-any")
    (file,) = folder.iterdir()
    sha256 = content_sha256(file)
    return WheelSet(wheels={cache.keep_wheel(file, sha256).name: sha256})


def names(cache, made) -> list[str]:
    with cache.layout.open_blob(made.layer.descriptor) as blob, tarfile.open(fileobj=blob) as tar:
        return [member.name for member in tar if not member.isdir()]


def test_wheels_are_installed_once(cache, maker, wheels):
    made, key = maker.packages(wheels, virtual_environment("3.11"))

    assert "opt/venv/lib/python3.11/site-packages/plain-1.0.dist-info/METADATA" in names(cache, made)
    assert list(cache.record("heaviest", key) or ()) == ["plain"]
    cache.wheel(*reversed(next(iter(wheels.wheels.items())))).unlink()
    assert maker.packages(wheels, virtual_environment("3.11"))[0] == made
    assert list(cache.workshop().iterdir()) == []


def test_a_damaged_wheel_is_not_installed(cache, maker, wheels):
    cache.wheel(*reversed(next(iter(wheels.wheels.items())))).write_bytes(b"damaged")

    with pytest.raises(BuildFailed, match="A wheel in the cache was damaged"):
        maker.packages(wheels, virtual_environment("3.11"))


def test_without_tests_or_with_bytecode_it_is_another_layer(cache, wheels, maker):
    compiler = compiler_for("3.11")
    others = [
        LayerMaker(cache=cache, compiler=None, exclude_tests=True),
        LayerMaker(cache=cache, compiler=compiler),
    ]

    keys = {each.packages(wheels, virtual_environment("3.11"))[1] for each in (maker, *others)}

    assert len(keys) == 3


@pytest.mark.process
def test_the_host_comes_compiled_if_it_can_be(cache, app, maker):
    compiled = LayerMaker(cache=cache, compiler=compiler_for("3.11")).host(app)

    assert any(name.endswith(".pyc") for name in names(cache, compiled))
    assert f"{ROOT}/.python_packages/lib/site-packages/function_host/cli.py" in names(cache, maker.host(app))
    assert not any(name.endswith(".pyc") for name in names(cache, maker.host(app)))
    assert not any((app / ".python_packages").rglob("*.pyc"))


def test_each_model_is_a_layer_with_its_hashes(cache, app, maker):
    (model,) = maker.models(app)

    assert model.name == "model model:1"
    assert names(cache, model) == [
        f"{ROOT}/azureml-models/model/1.sha256",
        f"{ROOT}/azureml-models/model/1/model.bin",
    ]
    (app / "azureml-models/model/1.sha256").write_text("0  1/model.bin\n")
    assert maker.models(app) != [model]


def test_the_app_is_all_the_rest_but_secrets_and_recipes(app):
    paths = {entry.path for entry in app_entries(app)}

    assert {f"{ROOT}/function_app.py", f"{ROOT}/host.json", f"{ROOT}/azureml-app/score.py"} <= paths
    assert f"{ROOT}/azureml-app/Dockerfile" in paths
    assert not any(path.endswith(("local.settings.json", ".dockerignore")) for path in paths)
    assert f"{ROOT}/Dockerfile" not in paths
    assert not any("azureml-models" in path or ".python_packages" in path for path in paths)


def test_small_things_are_made_each_time(cache, maker):
    assert names(cache, maker.entries("links", [Entry(path="a/b", link="c")])) == ["a/b"]


def test_the_lock_is_apart_from_the_app(app):
    (app / "requirements.lock").write_text("uvicorn==99.0\n")

    assert f"{ROOT}/requirements.lock" not in {entry.path for entry in app_entries(app)}
    assert [(each.path, each.source) for each in lock_entries(app)] == [
        (f"{ROOT}/requirements.lock", app / "requirements.lock")
    ]
