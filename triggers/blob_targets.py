"""What a function that blobs fire may write to: not to where it waits itself, and by names that its path has."""

from triggers.errors import InvalidOptions
from triggers.path_builtins import BUILT_INS
from triggers.paths import BlobPath

_ANY = "\ue000"
"""Stands for the text of a placeholder; no path has it, so it matches none but other placeholders."""
OF_EACH_BLOB = frozenset({"blobtrigger"})
"""What is known of a blob beside its path's placeholders, by whoever gives it up."""
OF_EACH_EVENT = OF_EACH_BLOB | {"uri", "properties", "metadata"}
"""What a run knows."""


def refuse_unknown_names(option: str, target: BlobPath, source: BlobPath, *, known: frozenset[str]) -> None:
    """Raise InvalidOptions if `target`, which `option` holds, uses a name that neither `source` nor `known` has."""
    captured = {name.lower() for name in source.names}
    for name in target.names:
        lower = name.lower()
        if lower not in captured and lower not in BUILT_INS and lower.partition(".")[0] not in known:
            has = ", ".join(f"{{{one}}}" for one in source.names) or "no placeholder"
            raise InvalidOptions(
                f"{option} {target.text!r} uses {{{name}}}, but the path {source.text!r} has {has}; there are also "
                f"{', '.join(f'{{{one}}}' for one in (*sorted(known), *BUILT_INS))}."
            )


def refuse_same(option: str, target: BlobPath, other_option: str, other: BlobPath) -> None:
    """Raise InvalidOptions if both are one blob for every event."""
    if _folded(target) == _folded(other):
        raise InvalidOptions(
            f"{option} {target.text!r} and {other_option} {other.text!r} are one blob: one would replace the other. "
            "Give them two names."
        )


def refuse_loop(option: str, target: BlobPath, source: BlobPath) -> None:
    """Raise InvalidOptions if what is written to `target` matches `source`, whatever the placeholders stand for.

    Where it depends on these, the names need not go on without end, and nothing is refused.
    """
    written = "".join(part if isinstance(part, str) else _ANY for part in target.tokens)
    if source.match(written) is not None:
        raise loop(option, target, source)


def loop(option: str, target: BlobPath, source: BlobPath) -> InvalidOptions:
    """Tells of a function that fires itself."""
    return InvalidOptions(
        f"The blob trigger would answer itself without end: what it writes to its {option} {target.text!r} matches "
        f"its own path {source.text!r}. Write to another container or folder."
    )


def _folded(path: BlobPath) -> list[str]:
    return [part if isinstance(part, str) else f"{{{part.name.lower()}:{part.format}}}" for part in path.tokens]
