"""The layers of a package's image above its base, each made once for what is in it."""

import hashlib
import json
import shutil
import tempfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from packager.builders.bytecode import Compiler, compile_files
from packager.builders.cache import HEAVIEST, BuildCache
from packager.builders.layers import Entry, Layer, folder_entries, write_layer
from packager.builders.venv import Place, install_wheels
from packager.builders.wheels import WheelSet, sound_wheels
from packager.config import source_date
from packager.errors import BuildFailed
from packager.files import refusals_named
from packager.locking import LOCK
from packager.models.contract import content_sha256
from packager.staging.container import ROOT
from packager.staging.private_wheels import FOLDER as PRIVATE_WHEELS

_PACKAGES = ".python_packages"
_MODELS = "azureml-models"
_HOME = ROOT.lstrip("/")
# Raised when the same input gives other bytes than before, so that old layers are not taken for new ones.
_FORM = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedLayer:
    """A layer, and what it is to people."""

    name: str
    layer: Layer


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerMaker:
    """Makes layers, or finds them in the cache."""

    cache: BuildCache
    compiler: Compiler | None
    """None leaves out bytecode."""
    exclude_tests: bool = False

    def packages(self, wheels: WheelSet, place: Place) -> tuple[NamedLayer, str]:
        """The installed wheels; the key under which their sizes are kept. Raises BuildFailed."""
        key = self._key("packages", wheels.key, str(place), str(self.exclude_tests))
        return NamedLayer(name="packages", layer=self.cache.layer(key, lambda: self._install(key, wheels, place))), key

    def host(self, app: Path) -> NamedLayer:
        """Our host and triggers, as they were copied beside the app."""
        files = _files(app / _PACKAGES)
        key = self._key("host", *(f"{name} {content_sha256(file)}" for name, file in files))
        return NamedLayer(name="host", layer=self.cache.layer(key, lambda: self._compiled(app / _PACKAGES)))

    def models(self, app: Path) -> list[NamedLayer]:
        """One layer for each model; the list of hashes beside it stands for its files."""
        return [self._model(folder) for folder in sorted((app / _MODELS).glob("*/*")) if folder.is_dir()]

    def entries(self, name: str, entries: Sequence[Entry]) -> NamedLayer:
        """A layer of small things, made anew each time."""
        return NamedLayer(name=name, layer=write_layer(entries, self.cache.layout))

    def _model(self, folder: Path) -> NamedLayer:
        name, version = folder.parent.name, folder.name
        hashes = folder.with_name(f"{version}.sha256")
        sizes = [f"{path} {file.stat().st_size}" for path, file in _files(folder)]
        key = self._key("model", name, version, hashes.read_text(encoding="utf-8"), *sizes)
        at = f"{_HOME}/{_MODELS}/{name}/{version}"
        entries = [*folder_entries(folder, at), Entry(path=at), Entry(path=f"{at}.sha256", source=hashes)]
        layer = self.cache.layer(key, lambda: write_layer(entries, self.cache.layout))
        return NamedLayer(name=f"model {name}:{version}", layer=layer)

    def _install(self, key: str, wheels: WheelSet, place: Place) -> Layer:
        files = sound_wheels(self.cache, wheels)
        if files is None:
            raise BuildFailed("A wheel in the cache was damaged, and is removed now; build again, and it is fetched.")
        with self._folder() as tree:
            with refusals_named(tree):
                sizes = install_wheels(files, place, tree, exclude_tests=self.exclude_tests)
            self.cache.keep(HEAVIEST, key, {each.name: each.size for each in sizes})
            self._compile(tree, "")
            return write_layer(folder_entries(tree, ""), self.cache.layout)

    def _compiled(self, packages: Path) -> Layer:
        at = f"{_HOME}/{_PACKAGES}"
        with self._folder() as tree:
            with refusals_named(tree):
                shutil.copytree(packages, tree / _PACKAGES)
            self._compile(tree / _PACKAGES, at)
            return write_layer(folder_entries(tree / _PACKAGES, at), self.cache.layout)

    def _compile(self, tree: Path, at: str) -> None:
        if self.compiler is not None:
            sources = [
                (file, f"/{at}/{name}".replace("//", "/")) for name, file in _files(tree) if file.suffix == ".py"
            ]
            compile_files(sources, self.compiler)

    def _key(self, *parts: str) -> str:
        bytecode = self.compiler.build if self.compiler is not None else ""
        made_by = [_FORM, bytecode, zlib.ZLIB_RUNTIME_VERSION, source_date()]
        return hashlib.sha256(json.dumps([made_by, parts]).encode()).hexdigest()

    @contextmanager
    def _folder(self) -> Iterator[Path]:
        with refusals_named(self.cache.folder):
            folder = Path(tempfile.mkdtemp(prefix="layer-", dir=self.cache.workshop()))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def app_entries(app: Path) -> Iterator[Entry]:
    """The script's project and the generated files: all of a staged app that is in no other layer and goes along."""
    own = {app / _PACKAGES, app / _MODELS, app / PRIVATE_WHEELS, app / LOCK}
    yield from folder_entries(app, _HOME, lambda path: path in own or _stays(path, app))


def lock_entries(app: Path) -> Sequence[Entry]:
    """The lock, whose hashes do not compress: it would be most of what a changed script sends to a registry."""
    return [Entry(path=f"{_HOME}/{LOCK}", source=app / LOCK)] if (app / LOCK).is_file() else []


def _stays(path: Path, app: Path) -> bool:
    """As .dockerignore has it: settings of this machine, and what is about building."""
    if path.name == "local.settings.json":
        return True
    return path.parent == app and (path.name.startswith("Dockerfile") or path.name == ".dockerignore")


def _files(folder: Path) -> list[tuple[str, Path]]:
    found = ((file.relative_to(folder).as_posix(), file) for file in folder.rglob("*") if file.is_file())
    return sorted(found)
