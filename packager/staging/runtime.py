"""Copy the installed function_host and triggers beside the app, found without importing them."""

import importlib.util
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packager.config import DISTRIBUTION
from packager.errors import StagingError
from packager.staging.copying import ALWAYS_IGNORED, IgnoreRules, copy_tree

RUNTIME_PACKAGES = ("function_host", "triggers")


def copy_runtime(site_packages: Path) -> None:
    """Fill `site_packages` with the two packages and the metadata by which their registries find adapters."""
    for name in RUNTIME_PACKAGES:
        copy_tree(_installed(name), site_packages / name, IgnoreRules(patterns=ALWAYS_IGNORED))
    ours = distribution(DISTRIBUTION)
    metadata = site_packages / f"{DISTRIBUTION.replace('-', '_')}-{ours.version}.dist-info"
    metadata.mkdir()
    for name, text in _metadata_files(ours).items():
        (metadata / name).write_text(text, encoding="utf-8")


def _installed(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise StagingError(f"The package {name!r} is not installed; install {DISTRIBUTION} again.")
    return Path(next(iter(spec.submodule_search_locations)))


def _metadata_files(ours: Distribution) -> dict[str, str]:
    files = {"METADATA": ours.read_text("METADATA"), "LICENSE": ours.read_text("licenses/LICENSE")}
    files["entry_points.txt"] = _entry_points(ours)
    return {name: text for name, text in files.items() if text is not None}


def _entry_points(ours: Distribution) -> str:
    """Only what can be loaded from the copied code, and is asked for beside it."""
    groups: dict[str, list[str]] = {}
    for entry in ours.entry_points:
        if entry.module.partition(".")[0] in RUNTIME_PACKAGES and not entry.group.startswith("packager."):
            groups.setdefault(entry.group, []).append(f"{entry.name} = {entry.value}\n")
    return "\n".join(f"[{group}]\n{''.join(sorted(lines))}" for group, lines in sorted(groups.items()))
