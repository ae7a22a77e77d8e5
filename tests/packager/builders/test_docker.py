import io
import tarfile

import pytest

from packager import BuildFailed
from packager.builders.docker import DockerBuilder, _image_id, write_build_archive
from packager.request import check_request
from packager.staging.context import stage


@pytest.fixture
def context(inference_config, source, model_file, tmp_path):
    (source / "local.settings.json").write_text("{}")
    return stage(check_request([model_file], inference_config, {"http": {}}), tmp_path / "out")


@pytest.fixture
def wheels(tmp_path):
    folder = tmp_path / "wheels"
    folder.mkdir()
    (folder / "a-1-py3-none-any.whl").write_bytes(b"wheel")
    return folder


def archive(context, wheels) -> bytes:
    buffer = io.BytesIO()
    write_build_archive(context, wheels, buffer)
    assert buffer.tell() == 0
    return buffer.getvalue()


def test_context_and_wheels_are_sent_but_no_secrets(context, wheels):
    with tarfile.open(fileobj=io.BytesIO(archive(context, wheels))) as tar:
        names = tar.getnames()
        dockerfile = tar.extractfile("Dockerfile").read().decode()

    assert {"function_app.py", "azureml-app/score.py", "wheels/a-1-py3-none-any.whl"} <= set(names)
    assert not any(name.endswith("local.settings.json") for name in names)
    assert names.count("Dockerfile") == 1
    assert "--no-index" in dockerfile


def test_the_same_files_make_the_same_archive(context, wheels):
    first = archive(context, wheels)
    (context.folder / "function_app.py").touch()

    assert archive(context, wheels) == first


def test_the_image_id_and_the_log_come_from_the_engines_messages():
    lines: list[str] = []
    messages = [{"stream": "Step 1/2 : FROM x\n"}, {"status": "Pulling"}, {"stream": "\n"}, {"aux": {"ID": "sha256:1"}}]

    assert _image_id(messages, lines.append) == "sha256:1"
    assert lines == ["Step 1/2 : FROM x", "Pulling"]


def test_a_failed_step_carries_the_end_of_the_log():
    messages = [{"stream": "Step 1/2 : RUN false"}, {"error": "The command returned a non-zero code: 1"}]

    with pytest.raises(BuildFailed, match=r"(?s)RUN false.*non-zero code: 1") as caught:
        _image_id(messages, lambda _: None)

    assert caught.value.log == "Step 1/2 : RUN false"


def test_an_end_without_an_image_is_a_failure():
    with pytest.raises(BuildFailed, match="without an image"):
        _image_id([], lambda _: None)


def test_a_given_client_needs_no_engine_of_the_environment():
    DockerBuilder(object()).check()
