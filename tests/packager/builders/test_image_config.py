from packager.builders.base import Base
from packager.builders.base_facts import BaseFacts
from packager.builders.bytecode import Compiler
from packager.builders.image_config import image_config, image_labels
from packager.builders.image_layers import NamedLayer
from packager.builders.layers import Layer
from packager.oci.manifest import OCI_LAYER, OCI_MANIFEST, ImageConfig, Platform, describe
from packager.staging.container import container

OURS = NamedLayer(name="app", layer=Layer(descriptor=describe(b"x", OCI_LAYER), diff_id="sha256:2", size=1))
BASE = ImageConfig(
    platform=Platform(architecture="arm64", variant="v8"),
    settings={
        "Env": ["PATH=/bin", "PYTHONUNBUFFERED=0"],
        "Cmd": ["python3"],
        "Entrypoint": ["/entry"],
        "Labels": {"maker": "them"},
        "OnBuild": ["RUN x"],
        "Volumes": {"/data": {}},
    },
    diff_ids=["sha256:1"],
    history=[{"created_by": "ENV", "empty_layer": True}, {"created_by": "ADD"}],
)


def made(base=BASE, host="functions", tini="/usr/bin/tini"):
    return image_config(base, [OURS], container(host, {}), {"mine": "1"}, tini)


def test_ours_goes_over_what_the_base_says():
    config = made()

    assert config.environment["PATH"] == "/bin"
    assert config.environment["PYTHONUNBUFFERED"] == "1"
    assert config.labels == {"maker": "them", "mine": "1"}
    assert config.settings["User"] == "65532:65532"
    assert config.settings["WorkingDir"] == "/home/site/wwwroot"
    assert config.settings["ExposedPorts"] == {"8080/tcp": {}}
    assert config.settings["StopSignal"] == "SIGTERM"
    assert config.settings["Entrypoint"] == ["/usr/bin/tini", "--"]
    assert config.settings["Cmd"][1:3] == ["-m", "function_host"]
    assert config.settings["Healthcheck"]["Interval"] == 30_000_000_000
    assert config.settings["Volumes"] == {"/data": {}}
    assert "OnBuild" not in config.settings
    assert config.platform == BASE.platform


def test_layers_and_history_go_on_top_of_the_bases():
    config = made()

    assert config.diff_ids == ["sha256:1", "sha256:2"]
    assert [each["created_by"] for each in config.history] == ["ENV", "ADD", "packager: app"]


def test_a_base_without_a_whole_history_leaves_none():
    assert made(ImageConfig(platform=BASE.platform, diff_ids=["sha256:1"])).history == []


def test_a_base_that_says_no_path_gets_the_usual_one():
    assert made(ImageConfig(platform=BASE.platform)).environment["PATH"].endswith(":/usr/sbin:/usr/bin:/sbin:/bin")


def test_without_tini_our_command_is_no_argument_of_the_bases_entry_point():
    assert made(tini="").settings["Entrypoint"] == []
    assert made(tini="").settings["Cmd"][1:3] == ["-m", "function_host"]


def test_microsofts_image_starts_as_it_did():
    config = made(host="azure_functions")

    assert (config.settings["Entrypoint"], config.settings["Cmd"]) == (["/entry"], ["python3"])
    assert config.settings["ExposedPorts"] == {"80/tcp": {}}
    assert {"User", "Healthcheck"} & config.settings.keys() == set()


def test_labels_tell_what_only_the_builder_knows(tmp_path):
    base = Base(name="python:3.11-slim", manifest=describe(b"m", OCI_MANIFEST), facts=BaseFacts())

    labels = image_labels(tmp_path, base, Compiler(program="", name="CPython 3.11.2", build=""), {"proof": "done"})

    assert labels["org.opencontainers.image.base.name"] == "python:3.11-slim"
    assert labels["org.opencontainers.image.base.digest"] == base.manifest.digest
    assert labels["functions-packager.compiler"] == "CPython 3.11.2"
    assert labels["functions-packager.zlib"].count(".") > 0
    assert labels["proof"] == "done"
    assert image_labels(tmp_path, base, None, {})["functions-packager.compiler"] == "none"
