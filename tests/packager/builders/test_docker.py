import io
import tarfile
from dataclasses import replace

import pytest
from docker.errors import APIError, ImageNotFound

from packager import BuildFailed, InvalidPackageRequest, UnresolvedRequirement
from packager.builders.cache import BuildCache
from packager.builders.docker import DockerBuilder, _image_id, bases, write_build_archive
from packager.image_reference import local_reference
from packager.request import check_request
from packager.staging.context import stage
from tests.packager.wheels import add_wheel


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
    write_build_archive(context, sorted(wheels.iterdir()), buffer)
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


def test_empty_folders_of_the_source_come_along(context, wheels):
    (context.folder / "azureml-app" / "out").mkdir()
    with tarfile.open(fileobj=io.BytesIO(archive(context, wheels))) as tar:
        assert tar.getmember("azureml-app/out").isdir()


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


class FakeEngine:
    """The few calls of an engine's client that a build makes."""

    def __init__(self) -> None:
        self.asked: dict[str, object] = {}
        self.api = self
        self.images = self
        self.attrs = {"Size": 1}
        self.absent: set[str] = set()

    def version(self):
        return {"Arch": "arm64", "Os": "linux", "ApiVersion": "1.41"}

    def build(self, **asked):
        self.asked = asked
        return [{"aux": {"ID": "sha256:1"}}]

    def get(self, image_id):
        if image_id in self.absent:
            raise ImageNotFound(f"No such image: {image_id}")
        return self

    def pull(self, name):
        raise APIError("denied")


@pytest.mark.process
def test_a_lock_is_for_the_engines_platform(index, tmp_path):
    add_wheel(index, "fast", "cp311-cp311-manylinux_2_17_aarch64")
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("fast\n")
    builder = DockerBuilder(FakeEngine())

    text = builder.lock(requirements, python_version="3.11", base_image="python:3.11-slim")

    assert builder.platform() == "linux/arm64"
    assert text.startswith("# Python 3.11 on linux/aarch64 with glibc 2.36\nfast==1.0 ")


@pytest.mark.process
def test_a_lock_that_was_made_is_kept_until_it_shall_be_looked_up_again(index, tmp_path):
    add_wheel(index, "plain", "py3-none-any")
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("plain\n")
    cache = BuildCache.open(tmp_path / "cache")

    def locked(**given):
        builder = DockerBuilder(FakeEngine(), cache=cache, **given)
        return builder.lock(requirements, python_version="3.11", base_image="python:3.11-slim")

    first = locked()
    for wheel in index.iterdir():
        wheel.unlink()
    assert locked() == first
    with pytest.raises(UnresolvedRequirement, match="plain"):
        locked(refresh=True)


@pytest.mark.process
@pytest.mark.parametrize(("steps", "network"), [("", "none"), ("RUN apt-get update", None)])
def test_only_own_steps_may_use_the_network(index, inference_config, tmp_path, steps, network):
    engine = FakeEngine()
    request = replace(check_request([], inference_config, {}), docker_steps=steps)
    context = stage(request, tmp_path / "out", lambda _: "")

    DockerBuilder(engine, use_buildkit=False).build(context, local_reference("m:1"), [].append)

    assert engine.asked["network_mode"] == network


@pytest.mark.process
def test_a_base_image_that_cannot_be_pulled_is_named(index, inference_config, tmp_path):
    engine = FakeEngine()
    engine.absent.add("registry.example.com/base:1")
    request = check_request([], inference_config, {}, base_image="registry.example.com/base:1")
    context = stage(request, tmp_path / "out", lambda _: "")

    with pytest.raises(BuildFailed, match=r"base:1 is not in the Docker Engine.*denied"):
        DockerBuilder(engine).build(context, local_reference("m:1"), [].append)


def test_the_images_that_a_dockerfile_starts_from():
    text = """ARG BASE=x
FROM --platform=$BUILDPLATFORM registry.example.com/a:1 AS Own
FROM own AS packages
FROM $BASE
FROM scratch
from b@sha256:0
FROM registry.example.com/a:1
"""

    assert bases(text) == ["registry.example.com/a:1", "b@sha256:0"]


@pytest.mark.parametrize("base", ["debian-packages:bookworm", "oci:/somewhere", "archive:/a.tar"])
def test_bases_that_no_engine_knows_are_refused(base, tmp_path):
    with pytest.raises(InvalidPackageRequest, match="builder='oci'"):
        DockerBuilder(FakeEngine()).lock(tmp_path / "requirements.txt", python_version="3.11", base_image=base)


def test_programs_are_sent_as_programs(context, wheels):
    (context.folder / "azureml-app" / "score.py").chmod(0o700)

    with tarfile.open(fileobj=io.BytesIO(archive(context, wheels))) as tar:
        assert tar.getmember("azureml-app/score.py").mode == 0o755
        assert tar.getmember("function_app.py").mode == 0o644
