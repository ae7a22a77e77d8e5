"""How big an image is: its layers and its heaviest packages."""

from collections.abc import Sequence
from dataclasses import dataclass

_MB = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalledPackage:
    """A distribution in an image."""

    name: str
    size: int
    """Bytes of its files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerSize:
    """What one layer takes."""

    name: str
    compressed: int
    """Bytes in a registry."""
    unpacked: int
    """Bytes on disk."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeReport:
    """What an image for one platform takes."""

    platform: str
    layers: Sequence[LayerSize]
    heaviest: Sequence[InstalledPackage] = ()
    """The packages with the most bytes of files, the biggest first."""

    @property
    def compressed(self) -> int:
        """Bytes of all layers in a registry."""
        return sum(each.compressed for each in self.layers)

    @property
    def unpacked(self) -> int:
        """Bytes of all layers on disk."""
        return sum(each.unpacked for each in self.layers)

    def lines(self) -> list[str]:
        """For people: a line for each layer, the sum, and the heaviest packages."""
        rows = [(each.name, each.compressed, each.unpacked) for each in self.layers]
        rows.append((f"all of {self.platform}", self.compressed, self.unpacked))
        width = max(len(name) for name, _, _ in rows)
        found = [
            f"{name:<{width}}  {_mb(small):>9} MB compressed  {_mb(big):>9} MB on disk" for name, small, big in rows
        ]
        if self.heaviest:
            found.append("heaviest: " + ", ".join(f"{each.name} {_mb(each.size)} MB" for each in self.heaviest))
        return found


def _mb(size: int) -> str:
    return f"{size / _MB:.3f}" if size < _MB else f"{size / _MB:.1f}"
