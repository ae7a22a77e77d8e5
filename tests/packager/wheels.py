"""Wheels with names and requirements but nothing in them, and a folder of them that stands for the index."""

import zipfile
from pathlib import Path


def add_wheel(index: Path, name: str, tag: str, *requires: str, version: str = "1.0") -> None:
    """One version of `name` for the platform `tag`."""
    info = f"{name}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    metadata += "".join(f"Requires-Dist: {each}\n" for each in requires)
    with zipfile.ZipFile(index / f"{name}-{version}-{tag}.whl", "w") as wheel:
        wheel.writestr(f"{info}/METADATA", metadata)
        wheel.writestr(f"{info}/WHEEL", f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n")
        wheel.writestr(f"{info}/RECORD", "")
