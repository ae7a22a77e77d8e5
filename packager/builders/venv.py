"""Install wheels into the virtual environment of an image, on this side and without running anything of theirs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from zipfile import BadZipFile, ZipFile

from installer import install
from installer.destinations import SchemeDictionaryDestination
from installer.exceptions import InstallerError
from installer.sources import WheelContentElement, WheelFile

from packager.builders.layers import Entry
from packager.builders.sizes import InstalledPackage
from packager.builders.wheels import distribution_of
from packager.errors import BuildFailed
from packager.staging.container import ROOT, SITE_PACKAGES

_TESTS = frozenset({"test", "tests"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the packages of an image are."""

    site_packages: str
    """Without a '/' in front, as all of these."""
    scripts: str
    data: str
    interpreter: str
    """What scripts are run by, with a '/' in front."""


def virtual_environment(python_version: str) -> Place:
    """That of an image with our host: /opt/venv."""
    return Place(
        site_packages=f"opt/venv/lib/python{python_version}/site-packages",
        scripts="opt/venv/bin",
        data="opt/venv",
        interpreter="/opt/venv/bin/python",
    )


def azure_packages() -> Place:
    """Beside the app, where Microsoft's host looks for them, as `pip install --target` lays them down."""
    folder = f"{ROOT.lstrip('/')}/{SITE_PACKAGES}"
    return Place(site_packages=folder, scripts=f"{folder}/bin", data=folder, interpreter="/usr/bin/env python3")


def skeleton(base_python: str, python_version: str, *, system_packages: bool) -> list[Entry]:
    """What makes a folder a virtual environment: pyvenv.cfg and links to the base's own Python."""
    program = PurePosixPath(base_python)
    settings = {
        "home": str(program.parent),
        "include-system-site-packages": str(system_packages).lower(),
        "version": python_version,
        "executable": base_python,
    }
    text = "".join(f"{name} = {value}\n" for name, value in settings.items())
    links = {
        "bin/python": base_python,
        "bin/python3": "python",
        f"bin/python{python_version}": "python",
        "lib64": "lib",
    }
    return [
        Entry(path="opt/venv/pyvenv.cfg", data=text.encode()),
        *(Entry(path=f"opt/venv/{name}", link=target) for name, target in links.items()),
    ]


def install_wheels(
    wheels: Sequence[Path], place: Place, tree: Path, *, exclude_tests: bool = False
) -> list[InstalledPackage]:
    """Unpack wheels into `tree` as if it were the root of the image; what each takes, the biggest first.

    With `exclude_tests`, folders called `tests` or `test` inside packages stay behind, and RECORD does not name
    them. Raises BuildFailed for a file that is no wheel.
    """
    folders = {
        "purelib": place.site_packages,
        "platlib": place.site_packages,
        "scripts": place.scripts,
        "data": place.data,
        "headers": f"{place.data}/include",
    }
    destination = SchemeDictionaryDestination(
        scheme_dict={name: f"/{folder}" for name, folder in folders.items()},
        interpreter=place.interpreter,
        script_kind="posix",
        destdir=str(tree),
        # As pip does: of two packages with one file, the later one's stays.
        overwrite_existing=True,
    )
    sizes = [_install(wheel, destination, exclude_tests=exclude_tests) for wheel in wheels]
    return sorted(sizes, key=lambda each: (-each.size, each.name))


def is_test(path: str) -> bool:
    """Is this file of a wheel in a folder of tests inside a package?"""
    folders = PurePosixPath(path).parts[:-1]
    # A distribution may well be called "test" itself.
    return not _TESTS.isdisjoint(folders[1:])


class _Wheel(WheelFile):
    """A wheel that counts what it gives, and may keep its tests to itself."""

    def __init__(self, archive: ZipFile, *, exclude_tests: bool) -> None:
        super().__init__(archive)
        self._archive = archive
        self._exclude_tests = exclude_tests
        self.size = 0

    def get_contents(self) -> Iterator[WheelContentElement]:
        for record, stream, is_executable in super().get_contents():
            if not (self._exclude_tests and is_test(record[0])):
                self.size += self._archive.getinfo(record[0]).file_size
                yield record, stream, is_executable


def _install(wheel: Path, destination: SchemeDictionaryDestination, *, exclude_tests: bool) -> InstalledPackage:
    try:
        with ZipFile(wheel) as archive:
            source = _Wheel(archive, exclude_tests=exclude_tests)
            install(source, destination, {"INSTALLER": b"packager\n"})
    except (InstallerError, BadZipFile, KeyError, ValueError, AssertionError) as error:
        raise BuildFailed(f"{wheel.name} cannot be installed, as it is no sound wheel: {error}.") from error
    return InstalledPackage(name=distribution_of(wheel.name), size=source.size)
