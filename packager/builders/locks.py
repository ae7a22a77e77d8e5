"""Locks that were made before, found again by all that they depend on but the passing of time."""

import hashlib
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

from packager import config
from packager.builders.cache import LOCKS, BuildCache
from packager.errors import BuildFailed
from packager.locking import lock_requirements
from packager.locking_target import WheelTarget

_PREFIXES = ("PIP_", "UV_")


def cached_lock(cache: BuildCache, requirements: Path, target: WheelTarget, *, refresh: bool = False) -> str:
    """lock_requirements(), or what it gave before for this text, target, index settings and version of uv.

    A lock that was made stays the same until `refresh`, even when the index has newer packages. One that names
    files of this machine is made each time. Raises as lock_requirements() does.
    """
    text = requirements.read_text(encoding="utf-8")
    key = _key(text, target)
    kept = cache.record(LOCKS, key) if not refresh and not _names_files(text) else None
    if kept is not None and isinstance(kept.get("text"), str):
        return str(kept["text"])
    made = lock_requirements(requirements, target)
    cache.keep(LOCKS, key, {"text": made})
    return made


def one_lock(locks: Sequence[str], platforms: Sequence[str]) -> str:
    """One lock that holds for all platforms; raises BuildFailed naming the packages that only some of them need."""
    if len(locks) == 1:
        return locks[0]
    parsed = [_parsed(text) for text in locks]
    for (_, packages), platform in zip(parsed[1:], platforms[1:], strict=True):
        if differing := sorted(packages.keys() ^ parsed[0][1].keys()):
            raise BuildFailed(
                f"{platforms[0]} and {platform} need other packages ({', '.join(differing)}), so one lock cannot hold "
                "for both; pin versions that have wheels for both, or build them one by one."
            )
    options = dict.fromkeys(line for lines, _ in parsed for line in lines)
    # A hash list names the files that an index offers; a folder of wheels may have some for one platform only.
    hashes = {each: sorted({one for _, packages in parsed for one in packages[each]}) for each in parsed[0][1]}
    written = [" \\\n    ".join([each, *found]) for each, found in hashes.items()]
    return "".join(f"{line}\n" for line in (*options, *written))


def _parsed(text: str) -> tuple[list[str], dict[str, list[str]]]:
    """Comments and options; and `name==version` (with its marker, if any) to its hashes."""
    lines = [line.strip() for line in text.replace("\\\n", " ").splitlines() if not line.startswith(" ")]
    packages = (line.split() for line in lines if line and not line.startswith(("#", "-")))
    found: dict[str, list[str]] = {}
    for words in packages:
        hashes = [word for word in words if word.startswith("--hash=")]
        found[" ".join(word for word in words if word not in hashes)] = hashes
    return [line for line in lines if line.startswith(("#", "-"))], found


def _key(text: str, target: WheelTarget) -> str:
    parts = [text, str(target), version("uv"), _index_settings()]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _names_files(text: str) -> bool:
    """A path says nothing about the file there."""
    lines = [line for line in text.splitlines() if not line.startswith(("--index-url", "--extra-index-url"))]
    return any(line.startswith(("--find-links", "-f")) or "/" in line.partition("#")[0] for line in lines)


def _index_settings() -> Mapping[str, str]:
    """What pip is set to: its variables and the content of its files. To ask pip itself would take half a second."""
    settings = config.settings()
    # Where they keep their own caches changes nothing.
    ours = (name for name in settings if name.startswith(_PREFIXES) and not name.endswith("_CACHE_DIR"))
    found = {name: settings[name] for name in ours}
    return found | {str(file): file.read_text(errors="replace") for file in _pip_files(settings) if file.is_file()}


def _pip_files(settings: Mapping[str, str]) -> Iterator[Path]:
    home = Path.home()
    folders = [Path(each) for each in settings.get("XDG_CONFIG_DIRS", "/etc/xdg").split(":") if each]
    yield from (folder / "pip/pip.conf" for folder in folders)
    yield from (Path("/etc/pip.conf"), home / ".pip/pip.conf", Path(sys.prefix) / "pip.conf")
    yield Path(settings.get("XDG_CONFIG_HOME") or home / ".config") / "pip/pip.conf"
    if settings.get("PIP_CONFIG_FILE"):
        yield Path(settings["PIP_CONFIG_FILE"])
