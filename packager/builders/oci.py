"""Build images without any daemon: wheels become layers here, for any architecture, the same bytes each time."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from packager.builders.base import ArchiveSource, Base, BaseSource, LayoutSource, check_python, fetch_base
from packager.builders.base_debian import KIND as DEBIAN
from packager.builders.base_debian import DebianSource
from packager.builders.base_registry import RegistryBase
from packager.builders.bytecode import Compiler, compiler_for
from packager.builders.cache import HEAVIEST, BuildCache
from packager.builders.cache_pruning import sweep
from packager.builders.contract import BuiltImage, Log
from packager.builders.engine import EngineSource, load
from packager.builders.image_config import image_config, image_labels
from packager.builders.image_layers import LayerMaker, NamedLayer, app_entries, lock_entries
from packager.builders.locks import cached_lock, one_lock
from packager.builders.sizes import InstalledPackage, LayerSize, SizeReport
from packager.builders.venv import azure_packages, skeleton, virtual_environment
from packager.builders.wheels import fetch_wheels
from packager.docker_engine import connect
from packager.errors import BuildFailed, DamagedBlob, EngineUnavailable, InvalidPackageRequest
from packager.image_reference import ImageReference
from packager.locking_target import DEFAULT_PLATFORM, WheelTarget
from packager.oci.archive import write_archive
from packager.oci.manifest import OCI_CONFIG, OCI_INDEX, OCI_MANIFEST, Descriptor, Index, Manifest, Platform
from packager.staging.container import OWN_HOST, container
from packager.staging.context import BuildContext

_HEAVIEST = 5
_PLATFORMS = ("linux/amd64", "linux/arm64")
_TRIES = 3
_T = TypeVar("_T")
_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class OciBuilder:
    """Builds from wheels and a base image; needs no Docker Engine, and gives its image to one that answers."""

    platforms: Sequence[str] = (DEFAULT_PLATFORM,)
    """`linux/amd64`, `linux/arm64` or both: several make one index."""
    archive: Path | None = None
    """A tar to write the image to, for `docker load` and OCI tools."""
    exclude_tests: bool = False
    """Leave folders of tests inside packages out."""
    refresh: bool = False
    """Look up packages and Debian bases anew, though nothing was changed."""
    load: bool = True
    """Give the image to the Docker Engine, if one answers."""
    engine: Any = None
    """A client of a Docker Engine; None for the environment's."""
    cache: BuildCache = field(default_factory=BuildCache.open)
    sources: Mapping[str, BaseSource] = field(default_factory=dict)
    """Where bases come from by the word before ':', over the usual ones; '' is for those of a registry."""

    def check(self) -> None:
        """Raises InvalidPackageRequest for a platform that is not known, for one that comes twice, and for none."""
        known = " and ".join(_PLATFORMS)
        if unknown := [each for each in self.platforms if each not in _PLATFORMS]:
            raise InvalidPackageRequest(f"The platform {unknown[0]!r} is not one of {known}.")
        if not self.platforms or len({*self.platforms}) != len(self.platforms):
            raise InvalidPackageRequest(
                f"platforms is {', '.join(self.platforms) or 'empty'}; name each platform of the image once: {known}."
            )

    def lock(self, requirements: Path, *, python_version: str, base_image: str) -> str:
        """A lock that holds for all platforms; raises UnresolvedRequirement or BuildFailed."""
        self.check()
        with self.cache.in_use():
            targets = self._healed(
                lambda: [
                    _target(self._base(base_image, Platform.of(each), python_version), each, python_version)
                    for each in self.platforms
                ],
                _LOGGER.warning,
            )
            locks = [cached_lock(self.cache, requirements, each, refresh=self.refresh) for each in targets]
        return one_lock(locks, self.platforms)

    def build(self, context: BuildContext, reference: ImageReference, log: Log) -> BuiltImage:
        """The image in the cache's layout, and in an archive and an engine if wanted; raises BuildFailed.

        Also InvalidImage for a base that cannot be read or is for another platform, and CacheUnavailable.
        """
        self.check()
        _check_recipe(context)
        with self.cache.in_use():
            sweep(self.cache)
            return self._healed(lambda: self._build(context, reference, log), log)

    def _healed(self, work: Callable[[], _T], log: Log) -> _T:
        """What `work` returns; a blob of the cache that it finds damaged is removed, and it begins again."""
        for _ in range(_TRIES - 1):
            try:
                return work()
            except DamagedBlob as error:
                if not error.file.is_relative_to(self.cache.folder):
                    raise
                error.file.unlink(missing_ok=True)
                log(f"{error.file} was damaged; it is removed and made again")
        return work()

    def _build(self, context: BuildContext, reference: ImageReference, log: Log) -> BuiltImage:
        begun = time.monotonic()
        built = [self._build_one(context, Platform.of(each), log) for each in self.platforms]
        made = built[0].manifest if len(built) == 1 else self._index(built)
        self.cache.name(made, str(reference))
        log(f"Built {reference} as {made.digest} in {time.monotonic() - begun:.1f} s")
        runs_here = self._hand_on(made, built, reference, log)
        return BuiltImage(
            reference=reference,
            id=built[0].config.digest,
            platform=",".join(str(each.platform) for each in built),
            size=sum(each.sizes.unpacked for each in built),
            layout=self.cache.layout.folder,
            digest=made.digest,
            runs_here=runs_here,
            sizes=tuple(each.sizes for each in built),
        )

    @cached_property
    def _sources(self) -> Mapping[str, BaseSource]:
        usual: dict[str, BaseSource] = {
            "": RegistryBase(),
            "oci": LayoutSource(),
            "archive": ArchiveSource(),
            "docker": EngineSource(cache=self.cache, client=self.engine),
            DEBIAN: DebianSource(cache=self.cache, refresh=self.refresh),
        }
        return {**usual, **self.sources}

    def _base(self, image: str, platform: Platform, python_version: str) -> Base:
        base = fetch_base(image, platform, self.cache, self._sources)
        # Microsoft's host brings its Python along where it likes; whether ours has one is seen at the build.
        if base.facts.python_version:
            check_python(base, python_version)
        return base

    def _build_one(self, context: BuildContext, platform: Platform, log: Log) -> "_Built":
        recipe = context.recipe
        base = self._base(recipe.base_image, platform, recipe.python_version)
        log(f"Building for {platform} on {base.name} ({base.manifest.digest})")
        compiler = compiler_for(recipe.python_version)
        layers, heaviest = self._layers(context, base, platform, compiler, log)
        layout = self.cache.layout
        manifest = layout.manifest(base.manifest)
        labels = image_labels(context.folder, base, compiler, recipe.labels)
        config = image_config(
            layout.config(manifest), layers, container(recipe.host, recipe.variables), labels, base.facts.tini
        )
        described = layout.add_bytes(config.to_bytes(), OCI_CONFIG)
        stacked = [*manifest.layers, *(each.layer.descriptor for each in layers)]
        image = Manifest(config=described, layers=stacked, annotations=labels)
        below = LayerSize(name="base", compressed=sum(each.size for each in manifest.layers), unpacked=base.facts.size)
        sizes = SizeReport(platform=str(platform), layers=(below, *map(_size, layers)), heaviest=heaviest)
        for line in sizes.lines():
            log(line)
        return _Built(
            platform=platform,
            manifest=layout.add_bytes(image.to_bytes(), OCI_MANIFEST),
            config=described,
            sizes=sizes,
        )

    def _layers(
        self, context: BuildContext, base: Base, platform: Platform, compiler: Compiler | None, log: Log
    ) -> tuple[list[NamedLayer], Sequence[InstalledPackage]]:
        version = context.recipe.python_version
        maker = LayerMaker(cache=self.cache, compiler=compiler, exclude_tests=self.exclude_tests)
        target = _target(base, str(platform), version)
        wheels = fetch_wheels(self.cache, context.requirements, target, log, context.credentials)
        ours = context.recipe.host == OWN_HOST
        if ours:
            check_python(base, version)
        packages, key = maker.packages(wheels, virtual_environment(version) if ours else azure_packages())
        links = skeleton(base.facts.python, version, system_packages=context.recipe.system_packages)
        layers = [packages, *([maker.entries("environment", links)] if ours else [])]
        layers += [maker.host(context.folder), *maker.models(context.folder)]
        layers.append(maker.entries("lock", lock_entries(context.folder)))
        layers.append(maker.entries("app", [*app_entries(context.folder)]))
        sizes = self.cache.record(HEAVIEST, key) or {}
        found = [InstalledPackage(name=name, size=size) for name, size in sizes.items()]
        return layers, sorted(found, key=lambda each: (-each.size, each.name))[:_HEAVIEST]

    def _index(self, built: "Sequence[_Built]") -> Descriptor:
        manifests = [replace(each.manifest, platform=each.platform) for each in built]
        labels = self.cache.layout.manifest(built[0].manifest).annotations
        return self.cache.layout.add_bytes(Index(manifests=manifests, annotations=labels).to_bytes(), OCI_INDEX)

    def _hand_on(self, made: Descriptor, built: "Sequence[_Built]", reference: ImageReference, log: Log) -> bool:
        """Give the image to those who want it; can the engine run it?"""
        if self.archive is not None:
            write_archive(self.cache.layout, made, str(reference), self.archive)
            log(f"Wrote {self.archive}")
        if not self.load:
            return False
        try:
            client = self.engine or connect()
        except EngineUnavailable:
            log(f"No Docker Engine answers, so the image is in {self.cache.layout.folder} only")
            return False
        # An engine holds an image for one platform; its own, if that is among them.
        own = client.version()["Arch"]
        chosen = next((each for each in built if each.platform.architecture == own), built[0])
        load(client, self.cache.layout, chosen.manifest, str(reference), log)
        log(f"Loaded {reference} for {chosen.platform} into the Docker Engine")
        return bool(chosen.platform.architecture == own)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Built:
    """The image for one platform."""

    platform: Platform
    manifest: Descriptor
    config: Descriptor
    sizes: SizeReport


def _target(base: Base, platform: str, python_version: str) -> WheelTarget:
    """The base itself knows best which glibc it has."""
    target = WheelTarget.of(python_version, platform, base.name)
    return replace(target, glibc=base.facts.glibc) if base.facts.glibc is not None else target


def _size(each: NamedLayer) -> LayerSize:
    return LayerSize(name=each.name, compressed=each.layer.descriptor.size, unpacked=each.layer.size)


def _check_recipe(context: BuildContext) -> None:
    if context.recipe.needs_network:
        raise BuildFailed(
            "The environment has steps of a Dockerfile (base_dockerfile or extra_docker_file_steps), which only a "
            "Docker Engine can run; take the Docker builder, or a base_image that was made with them."
        )
