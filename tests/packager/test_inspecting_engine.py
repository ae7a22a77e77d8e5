from dataclasses import dataclass, field

import pytest
from docker.errors import ImageNotFound

from packager.errors import InvalidImage
from packager.inspecting_engine import inspect_in_engine

ATTRIBUTES = {
    "Os": "linux",
    "Architecture": "arm",
    "Variant": "v7",
    "Created": "2024-01-02T03:04:05Z",
    "Config": {"Labels": {"a": "b"}, "Entrypoint": ["tini", "--"], "Cmd": ["python"], "User": "65532"},
    "RootFS": {"Layers": ["sha256:1", "sha256:2"]},
}
HISTORY = [
    {"Size": 0, "CreatedBy": "CMD"},
    {"Size": 7, "CreatedBy": "COPY app"},
    {"Size": 5, "CreatedBy": "base"},
]


@dataclass
class Image:
    id: str = "sha256:9"
    attrs: dict = field(default_factory=lambda: ATTRIBUTES)
    steps: list = field(default_factory=lambda: HISTORY)

    def history(self):
        return self.steps


@dataclass
class Engine:
    """As much of a docker client as is asked."""

    known: dict

    @property
    def images(self):
        return self

    def get(self, name):
        if name not in self.known:
            raise ImageNotFound("no")
        return self.known[name]


def test_an_image_in_an_engine():
    found = inspect_in_engine("m:1", Engine({"m:1": Image()}))

    (image,) = found.images
    assert (image.platform, image.digest, image.size) == ("linux/arm/v7", "sha256:9", 12)
    assert [(each.digest, each.size, each.made_by) for each in image.layers] == [
        ("sha256:1", 5, "base"),
        ("sha256:2", 7, "COPY app"),
    ]
    assert (found.labels, found.command, found.user) == ({"a": "b"}, ["tini", "--", "python"], "65532")
    assert found.signed is None


def test_layers_without_a_history_that_fits_have_no_sizes():
    found = inspect_in_engine("m:1", Engine({"m:1": Image(steps=[{"Size": 5}, {"Size": 6}, {"Size": 7}])}))

    assert [each.digest for each in found.images[0].layers] == ["sha256:1", "sha256:2"]


def test_an_empty_layer_counts_when_every_step_has_one():
    steps = [{"Size": 0, "CreatedBy": "empty"}, {"Size": 5, "CreatedBy": "base"}]
    found = inspect_in_engine("m:1", Engine({"m:1": Image(steps=steps)}))

    assert [each.made_by for each in found.images[0].layers] == ["base", "empty"]


def test_one_that_is_not_there_is_named():
    with pytest.raises(InvalidImage, match="has no image 'm:2'"):
        inspect_in_engine("m:2", Engine({}))
