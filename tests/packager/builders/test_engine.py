import io
import json
import tarfile
from types import SimpleNamespace

import pytest
from docker.errors import APIError, ImageNotFound
from requests.exceptions import ChunkedEncodingError
from requests.exceptions import ConnectionError as RequestsConnectionError

from packager.builders.engine import EngineSource, load
from packager.errors import BuildFailed, CacheUnavailable, EngineUnavailable, InvalidImage
from packager.oci.archive import stream_archive
from tests.packager.builders.bases import add_base, cache_in
from tests.packager.oci.images import AMD64, ARM64, add_image


@pytest.fixture
def cache(tmp_path):
    return cache_in(tmp_path)


class Engine:
    """Keeps layers by their digests, as engines do, and refuses an image that lacks one."""

    def __init__(self, *, forgets: bool = False) -> None:
        self.api = self
        self.forgets = forgets
        self.configs: dict[str, dict] = {}
        self.known: set[str] = set()
        self.sent: list[set[str]] = []

    def load_image(self, archive):
        with tarfile.open(fileobj=archive) as tar:
            (shown,) = json.load(tar.extractfile("manifest.json"))
            blobs = {name for name in tar.getnames() if name.startswith("blobs/")}
            config = json.load(tar.extractfile(shown["Config"]))
        self.sent.append(blobs & {*shown["Layers"]})
        if missing := {*shown["Layers"]} - blobs - (set() if self.forgets else self.known):
            raise APIError("missing", explanation=f"no {missing}")
        self.known |= blobs
        digest = f"sha256:{shown['Config'].rpartition('/')[2]}"
        self.configs[digest] = {"Id": digest, "RootFS": {"Layers": config["rootfs"]["diff_ids"]}}
        return [{"stream": "Loaded image"}]

    def images(self, name):
        return list(self.configs.values())

    def inspect_image(self, name):
        if name not in self.configs:
            raise ImageNotFound(name)
        return self.configs[name]


def test_layers_that_the_engine_has_are_not_sent_again(cache):
    engine = Engine()
    first = add_image(cache.layout, {"a": b"1"}, {"b": b"1"})
    second = add_image(cache.layout, {"a": b"1"}, {"b": b"2"})

    load(engine, cache.layout, first, "app:1", [].append)
    load(engine, cache.layout, second, "app:1", [].append)

    assert [len(sent) for sent in engine.sent] == [2, 1]
    assert len(engine.configs) == 2


def test_an_engine_that_wants_all_gets_all(cache):
    engine = Engine(forgets=True)
    lines: list[str] = []
    for content in (b"1", b"2"):
        load(engine, cache.layout, add_image(cache.layout, {"a": b"1"}, {"b": content}), "app:1", lines.append)

    assert [len(sent) for sent in engine.sent] == [2, 1, 2]
    assert lines == ["The Docker Engine wants the whole image"]


class Refusing(Engine):
    def load_image(self, archive):
        raise APIError("refused", explanation="no space")


class Complaining(Engine):
    def load_image(self, archive):
        return [{"error": "bad tar"}]


@pytest.mark.parametrize(("engine", "said"), [(Refusing(), "no space"), (Complaining(), "bad tar")])
def test_what_the_engine_says_is_passed_on(cache, engine, said):
    with pytest.raises(BuildFailed, match=f"The Docker Engine refuses app:1: {said}"):
        load(engine, cache.layout, add_image(cache.layout, {"a": b"1"}), "app:1", [].append)


class Shelf:
    """An engine with one image, which it exports."""

    def __init__(self, layout, image) -> None:
        self.api = self
        self.images = self
        self.exported = 0
        self._layout, self._image = layout, image
        self._id = layout.manifest(image).config.digest

    def get(self, name):
        if name != "base:1":
            raise ImageNotFound(name)
        return SimpleNamespace(id=self._id)

    def get_image(self, name):
        assert name == self._id
        self.exported += 1
        buffer = io.BytesIO()
        stream_archive(self._layout, self._image, "base:1", buffer)
        return [buffer.getvalue()]


@pytest.fixture
def shelf(tmp_path):
    other = cache_in(tmp_path / "other").layout
    return Shelf(other, add_base(other))


def test_an_image_of_the_engine_is_exported_once(cache, shelf):
    source = EngineSource(cache=cache, client=shelf)
    first = source.fetch("base:1", AMD64, cache.layout)

    assert source.fetch("base:1", AMD64, cache.layout) == first
    assert shelf.exported == 1
    assert cache.layout.is_whole(first)


def test_what_is_gone_from_the_cache_is_exported_again(cache, shelf):
    source = EngineSource(cache=cache, client=shelf)
    first = source.fetch("base:1", AMD64, cache.layout)
    cache.layout.path(cache.layout.manifest(first).layers[0].digest).unlink()

    assert source.fetch("base:1", AMD64, cache.layout) == first
    assert shelf.exported == 2


def test_an_image_for_another_platform_or_none_is_refused(cache, shelf):
    source = EngineSource(cache=cache, client=shelf)

    with pytest.raises(InvalidImage, match="is for linux/amd64, not for linux/arm64"):
        source.fetch("base:1", ARM64, cache.layout)
    with pytest.raises(InvalidImage, match="The Docker Engine has no image 'base:2'"):
        source.fetch("base:2", AMD64, cache.layout)


class Leaving(Engine):
    def load_image(self, archive):
        raise RequestsConnectionError("gone")


class Breaking(Shelf):
    def get_image(self, name):
        yield from [super().get_image(name)[0][:100]]
        raise ChunkedEncodingError("Connection broken: IncompleteRead")


def test_an_engine_that_goes_away_is_told_as_that(cache, tmp_path):
    other = cache_in(tmp_path / "other").layout

    with pytest.raises(EngineUnavailable, match=r"went away while it was taking app:1: gone\. Start it"):
        load(Leaving(), cache.layout, add_image(cache.layout, {"a": b"1"}), "app:1", [].append)
    with pytest.raises(EngineUnavailable, match=r"went away while it was giving sha256:.*IncompleteRead"):
        EngineSource(cache=cache, client=Breaking(other, add_base(other))).fetch("base:1", AMD64, cache.layout)


def test_a_folder_for_temporary_files_that_is_full_is_named(cache, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "gone"))

    with pytest.raises(CacheUnavailable, match=f"{tmp_path}/gone cannot be written: .* point TMPDIR at a folder"):
        load(Engine(), cache.layout, add_image(cache.layout, {"a": b"1"}), "app:1", [].append)
