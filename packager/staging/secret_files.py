"""Which files of a folder look like secrets, so that nobody packages them unawares."""

from collections.abc import Iterator
from pathlib import Path

from pathspec import GitIgnoreSpec

_NAMES = GitIgnoreSpec.from_lines(
    (
        ".env",
        ".env.*",
        "!.env.example",
        "!.env.sample",
        "!.env.template",
        ".ssh/",
        ".aws/",
        ".azure/",
        ".gnupg/",
        ".kube/",
        ".docker/config.json",
        ".netrc",
        ".pgpass",
        ".pypirc",
        ".git-credentials",
        "id_rsa",
        "id_dsa",
        "id_ecdsa",
        "id_ed25519",
        "*.pfx",
        "*.p12",
        "local.settings.json",
    )
)
_KEYS = (".pem", ".key")
"""Certificates have such names too; what tells is inside."""
_MARK = b"PRIVATE KEY-----"
_READ = 64 << 10


def secret_files(folder: Path) -> list[str]:
    """Paths from the folder, with '/', in order; a folder that is a secret as a whole stands for all in it."""
    return sorted(_below(folder, ""))


def _below(folder: Path, above: str) -> Iterator[str]:
    for entry in folder.iterdir():
        path = f"{above}{entry.name}"
        if entry.is_dir():
            if _NAMES.match_file(f"{path}/"):
                yield f"{path}/"
            else:
                yield from _below(entry, f"{path}/")
        elif _NAMES.match_file(path) or (entry.suffix in _KEYS and _holds_key(entry)):
            yield path


def _holds_key(file: Path) -> bool:
    with file.open("rb") as stream:
        return _MARK in stream.read(_READ)
