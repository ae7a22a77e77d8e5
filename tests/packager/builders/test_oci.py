import json
import os
import subprocess
import sys
import tarfile
from dataclasses import replace

import pytest

from packager import BuildFailed, InvalidPackageRequest, package
from packager.builders.bytecode import compiler_for
from packager.builders.oci import OciBuilder
from packager.errors import EngineUnavailable, InvalidImage
from packager.image_reference import local_reference
from packager.oci.archive import read_archive
from packager.oci.layout import ImageLayout
from packager.oci.manifest import OCI_INDEX, Platform
from packager.request import check_request
from packager.staging.context import stage
from packager.staging.requirements import runtime_requirements
from tests.packager.builders.bases import BareBases, KeptBase, KnownBases, add_base, cache_in
from tests.packager.oci.images import damage, rot
from tests.packager.wheels import add_wheel

pytestmark = pytest.mark.process

BOTH = ("linux/amd64", "linux/arm64")
SITE = "opt/venv/lib/python3.11/site-packages"
ROOT = "home/site/wwwroot"
COLD = """
import os, sys
from pathlib import Path
os.umask(int(sys.argv[2], 8))
from packager import Environment, InferenceConfig, package
from packager.builders.cache import BuildCache
from packager.builders.oci import OciBuilder
from tests.packager.builders.bases import KnownBases
work, source = Path(sys.argv[1]), Path(sys.argv[3])
work.mkdir(parents=True)
builder = OciBuilder(cache=BuildCache.open(work / "cache"), sources={"": KnownBases()}, load=False)
config = InferenceConfig("score.py", source_directory=source, environment=Environment("test"))
made = package(None, [source / "score.py"], config, functions_enabled=True, trigger="http", builder=builder,
               image_name="app:1", **({"proof": False} if "proof" in package.__kwdefaults__ else {}))
print(made.image.digest)
"""


@pytest.fixture(scope="module")
def wheels(tmp_path_factory):
    """A wheel of everything that the host needs, and one that is compiled, for both architectures."""
    folder = tmp_path_factory.mktemp("wheels")
    for requirement in runtime_requirements(["http"]):
        version = next(each for each in ("99.0", "1.99", "7.99") if requirement.specifier.contains(each))
        add_wheel(folder, requirement.name.replace("-", "_"), "py3-none-any", version=version)
    for machine in ("x86_64", "aarch64"):
        add_wheel(folder, "fast", f"cp311-cp311-manylinux_2_17_{machine}")
    return folder


@pytest.fixture
def index(index, wheels, monkeypatch):
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))
    return wheels


@pytest.fixture
def bases() -> KnownBases:
    return KnownBases()


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """One for all, as on a person's machine: our own host is compiled once."""
    return cache_in(tmp_path_factory.mktemp("oci"))


@pytest.fixture
def builder(cache, bases) -> OciBuilder:
    return OciBuilder(cache=cache, sources={"": bases}, load=False)


def staged(builder, inference_config, folder, *models, **changed):
    request = replace(check_request(models, inference_config, {"http": {}}), **changed)
    version = request.environment.python_version
    lock = lambda file: builder.lock(file, python_version=version, base_image=request.base_image)  # noqa: E731
    return stage(request, folder, lock)


@pytest.fixture
def context(index, builder, inference_config, model_file, tmp_path):
    return staged(builder, inference_config, tmp_path / "out", model_file)


def build(builder, context, log=lambda _: None):
    return builder.build(context, local_reference("app:1"), log)


def contents(image, platform=BOTH[0]) -> dict[str, tarfile.TarInfo]:
    layout = ImageLayout.open(image.layout)
    manifest = layout.manifest(layout.for_platform(layout.find("app:1"), Platform.of(platform)))
    found: dict[str, tarfile.TarInfo] = {}
    for layer in manifest.layers:
        with layout.open_blob(layer) as blob, tarfile.open(fileobj=blob) as tar:
            found |= {member.name: member for member in tar}
    return found


def config_of(image) -> dict:
    layout = ImageLayout.open(image.layout)
    manifest = layout.manifest(layout.for_platform(layout.find("app:1"), Platform.of(BOTH[0])))
    return json.loads(layout.read(manifest.config))


def test_an_image_has_what_the_dockerfiles_has(builder, context):
    image = build(builder, context)

    found = contents(image)
    assert found["opt/venv/bin/python"].linkname == "/usr/bin/python3"
    assert f"{SITE}/uvicorn-99.0.dist-info/METADATA" in found
    assert f"{ROOT}/.python_packages/lib/site-packages/function_host/cli.py" in found
    assert f"{ROOT}/azureml-models/model/1/model.bin" in found
    assert {f"{ROOT}/{name}" for name in ("function_app.py", "host.json", "requirements.lock")} <= found.keys()
    assert not any("/pip" in name or "/setuptools" in name for name in found)
    assert {(each.uid, each.gid) for name, each in found.items() if name.startswith(ROOT)} == {(0, 0)}
    settings = config_of(image)["config"]
    assert settings["User"] == "65532:65532"
    assert settings["Entrypoint"] == ["/usr/bin/tini", "--"]
    assert settings["Labels"]["org.opencontainers.image.base.name"] == "python:3.11-slim"
    assert image.reference == local_reference("app:1")
    assert image.size == image.sizes[0].unpacked


def test_layers_are_in_the_order_of_their_changes(builder, context):
    image = build(builder, context)

    (sizes,) = image.sizes
    assert [each.name for each in sizes.layers] == [
        "base",
        "packages",
        "environment",
        "host",
        "model model:1",
        "lock",
        "app",
    ]
    assert sizes.heaviest


def test_annotations_say_what_labels_say(builder, context):
    image = build(builder, context)

    layout = ImageLayout.open(image.layout)
    annotations = layout.manifest(layout.find("app:1")).annotations
    assert annotations.items() <= config_of(image)["config"]["Labels"].items()
    assert json.loads(annotations["functions-packager.triggers"]) == {"http": {}}


@pytest.mark.parametrize("second", [("077", "Asia/Tokyo", "C", "7")])
def test_two_cold_builds_have_equal_digests(index, source, tmp_path, second):
    """Other folder, umask, time zone, locale and hash seed."""
    digests = []
    for number, (umask, zone, locale, seed) in enumerate([("022", "UTC", "C.UTF-8", "1"), second]):
        variables = {"TZ": zone, "LC_ALL": locale, "PYTHONHASHSEED": seed}
        done = subprocess.run(
            [sys.executable, "-c", COLD, str(tmp_path / f"{number}" / "deep"), umask, str(source)],
            env={**os.environ, **variables},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        digests.append(done.stdout.split()[-1])

    assert digests[0] == digests[1]


def test_a_changed_script_changes_the_last_layer_only(builder, context, index, inference_config, source, model_file):
    first = build(builder, context)
    layers = ImageLayout.open(first.layout).manifest(ImageLayout.open(first.layout).find("app:1")).layers
    (source / "score.py").write_text((source / "score.py").read_text() + "# changed\n")

    index.rename(index.with_name("gone"))
    try:
        second = build(builder, staged(builder, inference_config, context.folder, model_file))
    finally:
        index.with_name("gone").rename(index)

    changed = ImageLayout.open(second.layout).manifest(ImageLayout.open(second.layout).find("app:1")).layers
    assert changed[:-1] == layers[:-1]
    assert changed[-1] != layers[-1]


def test_several_platforms_make_an_index(builder, index, inference_config, tmp_path, bases):
    builder = replace(builder, platforms=BOTH)
    inference_config.environment.python.conda_dependencies.pip_packages = ["fast"]

    image = build(builder, staged(builder, inference_config, tmp_path / "out"))

    layout = ImageLayout.open(image.layout)
    found = layout.find("app:1")
    assert found.media_type == OCI_INDEX
    assert [str(each.platform) for each in layout.nested(found).manifests] == list(BOTH)
    assert image.digest == found.digest
    assert image.platform == "linux/amd64,linux/arm64"
    wheels = [
        next(name for name in contents(image, each) if name.endswith("fast-1.0.dist-info/WHEEL")) for each in BOTH
    ]
    assert wheels[0] == wheels[1]
    assert {each.partition(" ")[2] for each in bases.asked} == set(BOTH)


def test_the_image_goes_into_an_archive_when_asked(builder, context, tmp_path):
    image = build(replace(builder, archive=tmp_path / "app.tar"), context)

    other = ImageLayout.create(tmp_path / "other")
    assert read_archive(tmp_path / "app.tar", other, "app:1").digest == image.digest


def test_another_python_than_the_bases_is_refused_before_anything_is_fetched(builder, tmp_path):
    (tmp_path / "requirements.txt").write_text("nowhere-to-be-had\n")

    with pytest.raises(BuildFailed, match=r"The base image has Python 3\.11, the environment asks for 3\.12"):
        builder.lock(tmp_path / "requirements.txt", python_version="3.12", base_image="base:1")


def test_a_base_without_python_is_refused(builder, context):
    bare = replace(builder, sources={"": BareBases()})

    with pytest.raises(BuildFailed, match="has no python3 on its PATH"):
        build(bare, context)


def test_the_glibc_of_the_base_counts_not_its_name(builder, index, tmp_path):
    (tmp_path / "requirements.txt").write_text("fast\n")

    text = builder.lock(tmp_path / "requirements.txt", python_version="3.11", base_image="some/image")

    assert text.startswith("# Python 3.11 on linux/x86_64 with glibc 2.36\n")


def test_steps_of_a_dockerfile_are_refused_with_the_way_out(builder, index, inference_config, tmp_path):
    context = staged(builder, inference_config, tmp_path / "out", docker_steps="RUN apt-get update")

    with pytest.raises(BuildFailed, match="which only a Docker Engine can run; take the Docker builder"):
        build(builder, context)


def test_microsofts_host_finds_all_beside_the_app(builder, context):
    image = build(builder, replace(context, recipe=replace(context.recipe, host="azure_functions")))

    found = contents(image)
    assert f"{ROOT}/.python_packages/lib/site-packages/uvicorn-99.0.dist-info/METADATA" in found
    assert not any(name.startswith("opt/venv") for name in found)
    settings = config_of(image)["config"]
    assert "User" not in settings
    assert "AzureFunctionsJobHost__Logging__Console__IsEnabled=true" in settings["Env"]
    assert settings["ExposedPorts"] == {"80/tcp": {}}


def test_an_unknown_platform_is_refused(builder):
    builder.check()
    with pytest.raises(InvalidPackageRequest, match="linux/riscv64"):
        replace(builder, platforms=["linux/riscv64"]).check()


def test_the_log_tells_what_is_built_and_how_big_it_is(builder, context):
    lines: list[str] = []

    image = build(builder, context, lines.append)

    assert lines[0].startswith("Building for linux/amd64 on python:3.11-slim (sha256:")
    assert any(line.startswith("all of linux/amd64") for line in lines)
    assert lines[-1].startswith(f"Built app:1 as {image.digest} in ")


class Engine:
    """Takes images for its own processor."""

    def __init__(self, architecture: str) -> None:
        self.api = self
        self.architecture = architecture
        self.loaded: list[str] = []

    def version(self):
        return {"Arch": self.architecture}

    def images(self, name):
        return []

    def load_image(self, archive):
        with tarfile.open(fileobj=archive) as tar:
            (shown,) = json.load(tar.extractfile("manifest.json"))
            self.loaded.append(json.load(tar.extractfile(shown["Config"]))["architecture"])
        return []


def test_an_engine_gets_the_image_for_its_own_processor(builder, context):
    engine, lines = Engine("arm64"), list[str]()
    build(replace(builder, platforms=BOTH, engine=engine, load=True), context, lines.append)

    assert engine.loaded == ["arm64"]
    assert lines[-1] == "Loaded app:1 for linux/arm64 into the Docker Engine"

    other = Engine("s390x")
    build(replace(builder, engine=other, load=True), context)
    assert other.loaded == ["amd64"]


def test_without_an_engine_the_image_is_in_the_layout(builder, context, monkeypatch):
    def nobody():
        raise EngineUnavailable("No Docker Engine answers.")

    monkeypatch.setattr("packager.builders.oci.connect", nobody)
    lines: list[str] = []

    image = build(replace(builder, load=True), context, lines.append)

    assert lines[-1] == f"No Docker Engine answers, so the image is in {image.layout} only"


def test_without_an_interpreter_there_is_no_bytecode(builder, context, monkeypatch):
    assert compiler_for("3.98") is None
    monkeypatch.setattr("packager.builders.oci.compiler_for", lambda _: None)

    image = build(builder, context)

    assert not any(name.endswith(".pyc") for name in contents(image))
    assert config_of(image)["config"]["Labels"]["functions-packager.compiler"] == "none"


def test_package_takes_it_as_a_builder(builder, index, inference_config):
    made = package(None, [], inference_config, functions_enabled=True, trigger="http", builder=builder, proof=False)

    assert made.image is not None
    assert made.image.layout == builder.cache.layout.folder
    assert "heaviest: " in made.get_logs()


@pytest.mark.parametrize("layer", [0, 1], ids=["base", "packages"])
def test_what_is_found_damaged_on_the_way_out_is_made_again(builder, context, tmp_path, layer):
    first = build(builder, context)
    rot(builder.cache.layout, builder.cache.layout.manifest(builder.cache.layout.find("app:1")).layers[layer])
    lines: list[str] = []

    second = build(replace(builder, archive=tmp_path / "app.tar"), context, lines.append)

    assert second.digest == first.digest
    assert read_archive(tmp_path / "app.tar", ImageLayout.create(tmp_path / "other")).digest == first.digest
    assert any(line.endswith("was damaged; it is removed and made again") for line in lines) == (layer == 1)


def test_a_base_that_somebody_wrote_to_is_looked_at_again(builder, context, tmp_path):
    """Nothing would be hashed on the way out."""
    base = builder.cache.layout.manifest(add_base(builder.cache.layout))
    kept = KeptBase(add_base(builder.cache.layout))
    build(replace(builder, sources={"": kept}), context)
    damage(builder.cache.layout, base.layers[0])

    build(replace(builder, sources={"": kept}), context)

    builder.cache.layout.verify(base.layers[0])


def test_a_damaged_blob_elsewhere_is_left_alone(builder, context, tmp_path):
    other = ImageLayout.create(tmp_path / "other")
    image = add_base(other, {"more": str(tmp_path)})
    other.name(image, "base:1")
    layer = other.manifest(image).layers[1]
    damage(other, layer)

    with pytest.raises(InvalidImage, match="is not what its digest says"):
        build(builder, replace(context, recipe=replace(context.recipe, base_image=f"oci:{other.folder}")))
    assert other.has(layer)


@pytest.mark.parametrize("platforms", [["linux/x86_64"], ["linux/arm64/v8"], ["linux/amd64"] * 2, []])
def test_platforms_are_named_exactly_and_once(builder, platforms):
    with pytest.raises(InvalidPackageRequest, match="linux/amd64 and linux/arm64"):
        replace(builder, platforms=platforms).check()


def test_users_and_passwords_of_indexes_stay_here(builder, index, inference_config, tmp_path):
    option = "--extra-index-url http://ann:s3cret@127.0.0.1:9/simple"
    inference_config.environment.python.conda_dependencies.pip_options = [option]
    context = staged(builder, inference_config, tmp_path / "out")
    lines: list[str] = []

    image = build(builder, context, lines.append)

    assert "http://127.0.0.1:9/simple" in (context.folder / "requirements.txt").read_text()
    assert "http://127.0.0.1:9/simple" in (context.folder / "requirements.lock").read_text()
    assert context.credentials == {"http://127.0.0.1:9/simple": "http://ann:s3cret@127.0.0.1:9/simple"}
    written = [
        file for folder in (context.folder, builder.cache.folder) for file in folder.rglob("*") if file.is_file()
    ]
    assert [file for file in written if b"s3cret" in file.read_bytes()] == []
    assert "s3cret" not in f"{lines} {context} {config_of(image)}"
