"""Write the SHA-256 of every model file beside the model, so that a changed one is refused when the app starts."""

from pathlib import Path

from packager.models.contract import content_sha256


def write_digests(version_folder: Path) -> None:
    """Write `<version>.sha256` beside the folder `<version>`: what `sha256sum -c` reads, sorted by name.

    It is not inside, for scripts list what is in there. A name with a line break has no place in that form.
    """
    home = version_folder.parent
    files = sorted((file.relative_to(home).as_posix(), file) for file in version_folder.rglob("*") if file.is_file())
    lines = [f"{content_sha256(file)}  {name}\n" for name, file in files if "\n" not in name]
    (home / f"{version_folder.name}.sha256").write_text("".join(lines), encoding="utf-8")
