"""Registered environments: a folder of names, with a folder for each version and a file of labels."""

import json
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from packager import config
from packager.environment_json import FILE
from packager.errors import InvalidEnvironment

_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9\-._]{0,254}")
_LABELS = "labels.json"
_WHEELS = ".wheels"


class EnvironmentStore:
    """Environments in a folder; a version is written once and never changed."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def add(self, name: str, write: Callable[[Path], None]) -> Path:
        """Let `write` fill a folder and keep it as the next version; an unchanged one is the newest there is."""
        home = self._home(name)
        try:
            home.mkdir(parents=True, exist_ok=True)
            work = Path(tempfile.mkdtemp(prefix=".incoming-", dir=home))
        except OSError as error:
            raise InvalidEnvironment(f"Environments cannot be kept in {home}: {error.strerror}.") from error
        try:
            write(work)
            return self._newest_like(work, name) or self._place(work, name)
        finally:
            shutil.rmtree(work, ignore_errors=True)

    def folder(self, name: str, version: str | int | None, label: str | None) -> Path:
        """Where that version, the one with that label, or the newest is; raises InvalidEnvironment."""
        known = self._versions(name)
        if label is not None and version is not None:
            raise InvalidEnvironment(f"version={version!r} and label={label!r} exclude each other.")
        if label not in {None, "latest"}:
            version = self._labels(name).get(str(label))
        wanted = str(version) if version is not None or label not in {None, "latest"} else str(max(known, default=0))
        if wanted not in {str(each) for each in known}:
            asked = f"with the label {label!r}" if label is not None else f"of version {version}" if version else ""
            raise InvalidEnvironment(
                f"There is no environment {name!r} {asked}".rstrip()
                + f" in {self.root}; versions are {known or 'none'}."
            )
        return self._home(name) / wanted

    def names(self) -> list[str]:
        """The names that have a version, sorted."""
        found = self.root.iterdir() if self.root.is_dir() else ()
        return sorted(each.name for each in found if _NAME.fullmatch(each.name) and self._versions(each.name))

    def label(self, name: str, version: str | int, labels: Iterable[str]) -> None:
        """Let the labels mean that version, whatever they meant before."""
        self.folder(name, version, None)
        changed = {**self._labels(name), **dict.fromkeys(labels, str(version))}
        work = self._home(name) / f".{_LABELS}"
        work.write_text(json.dumps(changed, indent=2, sort_keys=True) + "\n", encoding="utf-8")
        work.replace(self._home(name) / _LABELS)

    def add_wheel(self, file: Path, *, exist_ok: bool) -> Path:
        """Keep a copy of a wheel; InvalidEnvironment if one of its name is there and `exist_ok` is not set."""
        target = self.root / _WHEELS / file.name
        if not file.is_file() or file.suffix != ".whl":
            raise InvalidEnvironment(f"{file} is not the file of a wheel, such as 'name-1.0-py3-none-any.whl'.")
        if target.exists() and not exist_ok:
            raise InvalidEnvironment(f"The wheel {target} is there already; raise its version, or exist_ok=True.")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)
        return target.absolute()

    def _home(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise InvalidEnvironment(
                f"Environment name {name!r} must begin with a letter or digit and hold letters, digits, '-', '.' and "
                "'_' only, 255 at most."
            )
        return self.root / name

    def _versions(self, name: str) -> list[int]:
        home = self._home(name)
        return sorted(int(each.name) for each in home.iterdir() if each.name.isdecimal()) if home.is_dir() else []

    def _labels(self, name: str) -> dict[str, str]:
        file = self._home(name) / _LABELS
        return dict(json.loads(file.read_text(encoding="utf-8"))) if file.is_file() else {}

    def _newest_like(self, work: Path, name: str) -> Path | None:
        known = self._versions(name)
        newest = self._home(name) / str(max(known)) if known else None
        return newest if newest is not None and _content(newest) == _content(work) else None

    def _place(self, work: Path, name: str) -> Path:
        """A rename onto a folder with something in it fails, so no version is taken twice."""
        version = max(self._versions(name), default=0)
        while True:
            version += 1
            target = self._home(name) / str(version)
            try:
                return work.rename(target)
            except OSError:
                if not target.exists():
                    raise


def store_of(workspace: object) -> EnvironmentStore:
    """The store beside a registry of models that is a folder (a workspace's too), or the user's own for None."""
    root = getattr(getattr(workspace, "model_registry", workspace), "root", None)
    if workspace is None or root == config.home() / "models":
        return EnvironmentStore(config.home() / "environments")
    if not isinstance(root, Path):
        raise InvalidEnvironment(
            f"Environments are kept in folders, and {workspace!r} is none; use workspace=None, a LocalModelRegistry, "
            "or save_to_directory()."
        )
    return EnvironmentStore(root.with_name(f"{root.name}.environments"))


def _content(folder: Path) -> dict[str, object]:
    document = dict(json.loads((folder / FILE).read_text(encoding="utf-8")))
    document.pop("version", None)
    return document
