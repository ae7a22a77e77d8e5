import gc
from pathlib import Path

import pytest

from packager import (
    BLOB_TRIGGER,
    HTTP_TRIGGER,
    SERVICE_BUS_QUEUE_TRIGGER,
    BuildFailed,
    EngineUnavailable,
    InferenceConfig,
    InvalidPackageRequest,
    Model,
    StagingError,
    package,
    package_blob,
    package_http,
    package_service_bus_queue,
)
from packager.builders.memory import MemoryBuilder
from packager.package import required_connections
from packager.publishers.memory import MemoryPublisher


class NoEngine(MemoryBuilder):
    def check(self):
        raise EngineUnavailable("No Docker Engine answers.")


class Failing(MemoryBuilder):
    def build(self, context, reference, log):
        raise BuildFailed("It did not work.")


def app_of(made) -> str:
    return (made.context / "function_app.py").read_text()


def test_the_retired_call_as_documented(inference_config, model_file):
    model = Model.register(model_path=model_file, model_name="diabetes")
    builder = MemoryBuilder()

    made = package(
        None,
        [model],
        inference_config,
        functions_enabled=True,
        trigger=BLOB_TRIGGER,
        input_path="input/{blobname}.json",
        output_path="output/{blobname}_out.json",
        builder=builder,
    )

    (context, reference) = builder.built[0]
    assert made.location == str(reference)
    assert made.location.startswith("package:2")
    assert made.state == "Succeeded"
    assert made.image.reference == reference
    assert set(made.connections) == {"TriggerConnectionString"}
    assert not context.folder.exists()


def test_positional_order_is_that_of_the_retired_call(inference_config):
    made = package(None, [], inference_config, True, True, HTTP_TRIGGER)  # noqa: FBT003 - the order is what is tested

    assert made.generate_dockerfile
    assert "http={}" in app_of(made)


def test_a_context_without_a_place_lives_as_long_as_its_package(inference_config):
    made = package(None, [], inference_config, generate_dockerfile=True)
    folder = made.context
    assert (folder / "Dockerfile").is_file()

    del made
    gc.collect()

    assert not folder.parent.exists()


def test_a_context_stays_where_it_was_asked_for(inference_config, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = package(None, [], inference_config, generate_dockerfile=True, context="out")
    location = Path(made.location)

    del made
    gc.collect()

    assert location == tmp_path / "out"
    assert (location / "function_app.py").is_file()


def test_an_image_may_leave_its_context_too(inference_config, tmp_path):
    made = package(None, [], inference_config, context=tmp_path / "out", builder=MemoryBuilder(), image_name="m:1")

    assert made.location == "m:1"
    assert (tmp_path / "out" / "function_app.py").is_file()


def test_publishing_gives_a_digest(inference_config):
    publisher = MemoryPublisher()

    made = package(
        None,
        [],
        inference_config,
        image_name="m:1",
        publish_to="localhost:5000",
        builder=MemoryBuilder(),
        publisher=publisher,
    )

    assert str(publisher.published[0][1]) == "localhost:5000/m:1"
    assert made.location == f"localhost:5000/m@{made.image.id}"


def test_several_triggers_at_once(inference_config):
    made = package(None, [], inference_config, generate_dockerfile=True, triggers={"http": {"route": "x"}, "blob": {}})

    assert 'http={"route": "x"}' in app_of(made)
    assert "blob={}" in app_of(made)


def test_without_functions_it_is_a_web_service(inference_config, caplog):
    assert "web_service_app" in app_of(package(None, [], inference_config, generate_dockerfile=True))
    assert caplog.text == ""

    assert "web_service_app" in app_of(package(None, [], inference_config, generate_dockerfile=True, trigger="blob"))
    assert "trigger='blob' is ignored without functions_enabled=True" in caplog.text


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"functions_enabled": True}, "needs a trigger"),
        ({"functions_enabled": True, "trigger": "htpp"}, "did you mean 'http'"),
        ({"functions_enabled": True, "trigger": "blob", "input_pth": "x/{y}"}, "did you mean 'input_path'"),
        ({"input_path": "x/{y}"}, "input_path belongs to a trigger"),
        ({"triggers": {}}, "triggers= names no trigger"),
        ({"triggers": {"http": {}}, "trigger": "http", "route": "x"}, "trigger, route was given too"),
        ({"image_name": "Bad Name"}, "is not an image name"),
        ({"publish_to": "nowhere"}, "names no registry"),
        ({"generate_dockerfile": True, "image_name": "x"}, "image_name='x' makes no sense"),
        ({"generate_dockerfile": True, "publish_to": "localhost"}, "publish_to='localhost' makes no sense"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_built(inference_config, tmp_path, arguments, words):
    builder = MemoryBuilder()
    before = sorted(tmp_path.rglob("*"))

    with pytest.raises(InvalidPackageRequest, match=words):
        package(None, [], inference_config, context=tmp_path / "out", builder=builder, **arguments)

    assert builder.built == []
    assert sorted(tmp_path.rglob("*")) == before


def test_without_an_engine_nothing_is_staged(inference_config, tmp_path):
    with pytest.raises(EngineUnavailable):
        package(None, [], inference_config, context=tmp_path / "out", builder=NoEngine())

    assert not (tmp_path / "out").exists()


def test_a_failed_build_leaves_no_temporary_folder(inference_config, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    before = sorted(tmp_path.iterdir())

    with pytest.raises(BuildFailed):
        package(None, [], inference_config, builder=Failing())

    assert sorted(tmp_path.iterdir()) == before


def test_a_context_that_cannot_be_staged_leaves_no_temporary_folder(inference_config, tmp_path, monkeypatch, source):
    (source / "broken").symlink_to("nowhere")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    before = sorted(tmp_path.iterdir())

    with pytest.raises(StagingError, match="broken link"):
        package(None, [], inference_config, generate_dockerfile=True)

    assert sorted(tmp_path.iterdir()) == before


def test_the_log_is_heard_as_it_comes(inference_config):
    heard: list[str] = []

    made = package(None, [], inference_config, image_name="m:1", builder=MemoryBuilder(), log=heard.append)

    assert "Remembering m:1" in heard
    assert heard[-1] == "Made m:1"
    assert made.get_logs() == "".join(f"{line}\n" for line in heard)


def test_shortcuts_make_the_same_packages(source, environment):
    config = InferenceConfig("score.py", source_directory=source, environment=environment)

    assert 'http={"auth_level": "anonymous"}' in app_of(
        package_http(None, [], config, generate_dockerfile=True, auth_level="anonymous")
    )
    blob = package_blob(
        None, [], config, generate_dockerfile=True, input_path="abc/{n}.json", output_path="xyz/{n}.json"
    )
    assert 'blob={"input_path": "abc/{n}.json", "output_path": "xyz/{n}.json"}' in app_of(blob)


def test_service_bus_is_known_or_refused_by_name(inference_config):
    """Either the adapter is installed and makes an app, or the answer names the trigger."""
    from triggers import adapters

    if SERVICE_BUS_QUEUE_TRIGGER in adapters():
        made = package_service_bus_queue(
            None, [], inference_config, generate_dockerfile=True, input_queue_name="in", output_queue_name="out"
        )
        assert 'service_bus_queue={"input_queue_name": "in", "output_queue_name": "out"}' in app_of(made)
    else:
        with pytest.raises(InvalidPackageRequest, match="Invalid trigger 'service_bus_queue'"):
            package_service_bus_queue(
                None, [], inference_config, generate_dockerfile=True, input_queue_name="in", output_queue_name="out"
            )


def test_connections_are_those_of_all_triggers():
    found = required_connections({"http": {}, "blob": {"connection": "MyStorage"}})

    assert set(found) == {"MyStorage"}


def test_the_biggest_of_the_source_directory_is_listed(inference_config, source):
    (source / "data").mkdir()
    (source / "data" / "big.bin").write_bytes(b"x" * 1_500_000)

    log = package(None, [], inference_config, generate_dockerfile=True).get_logs()

    assert "The source directory has 1.5 MB in the package: data/ 1.5 MB, score.py 0.0 MB" in log


def test_data_in_the_source_directory_is_warned_of(inference_config, source, caplog):
    with (source / "huge.bin").open("wb") as file:
        file.truncate(301_000_000)

    package(None, [], inference_config, generate_dockerfile=True)

    assert "huge.bin 301.0 MB, score.py 0.0 MB. List in .packagerignore" in caplog.text


def test_secrets_in_the_source_directory_are_warned_of(inference_config, source, caplog):
    (source / ".env").write_text("PASSWORD=x\n")
    (source / ".aws").mkdir()
    (source / ".aws" / "credentials").write_text("")

    package(None, [], inference_config, generate_dockerfile=True)
    assert "secrets went from the source directory into the package: .aws/, .env. List it in .packagerignore" in (
        caplog.text
    )

    caplog.clear()
    (source / ".packagerignore").write_text(".env\n.aws\n")
    package(None, [], inference_config, generate_dockerfile=True)
    assert "secrets" not in caplog.text


def test_a_script_that_is_ignored_is_refused(inference_config, source, tmp_path):
    (source / ".gitignore").write_text("score.*\n")

    with pytest.raises(StagingError, match=r"score\.py is among what the ignore file"):
        package(None, [], inference_config, generate_dockerfile=True, context=tmp_path / "out")


def test_a_trigger_without_functions_is_a_web_service_with_a_note(inference_config):
    made = package(None, [], inference_config, generate_dockerfile=True, trigger=HTTP_TRIGGER)

    assert "Warning: trigger='http' is ignored without functions_enabled=True" in made.get_logs()
    assert "web_service_app" in app_of(made)


def test_an_image_is_locked_by_its_builder(inference_config, tmp_path):
    builder = MemoryBuilder()

    package(None, [], inference_config, image_name="m:1", context=tmp_path / "out", builder=builder)

    (context, _) = builder.built[0]
    assert context.requirements == tmp_path / "out" / "requirements.lock"
    assert context.requirements.read_text().startswith("# 3.11 python:3.11-slim\n")
    assert "--require-hashes -r /wheels/requirements.lock" in (tmp_path / "out" / "Dockerfile").read_text()


def test_what_becomes_of_conda_packages_is_told(inference_config, tmp_path):
    environment = inference_config.environment
    environment.python.conda_dependencies.conda_packages = ["pytorch=2.4", "cudnn=8.9"]
    environment.docker.base_dockerfile = "FROM registry.example.com/cuda:12\n"

    made = package(None, [], inference_config, generate_dockerfile=True, context=tmp_path / "out")

    assert "Conda packages that pip installs: pytorch=2.4 -> torch==2.4.*" in made.get_logs()
    assert "must bring what only conda has: cudnn=8.9" in made.get_logs()
    assert "cudnn" not in (tmp_path / "out" / "requirements.txt").read_text()
