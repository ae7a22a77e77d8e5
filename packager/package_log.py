"""The log of one package: kept, and passed on as it comes."""

import logging

from packager.builders.contract import Log

# Under the name of package() itself, which is what people listen to.
_LOGGER = logging.getLogger("packager.package")


class PackageLog:
    """Takes one line after another; calling it adds one."""

    def __init__(self, listener: Log | None = None) -> None:
        self._listener = listener
        self._lines: list[str] = []

    def __call__(self, line: str) -> None:
        self._lines.append(line)
        _LOGGER.debug("%s", line)
        if self._listener is not None:
            self._listener(line)

    def warn(self, text: str) -> None:
        """A line for the log that is shown even to those who do not listen to it."""
        self._lines.append(f"Warning: {text}")
        _LOGGER.warning("%s", text)

    @property
    def text(self) -> str:
        """Every line so far, each with its end."""
        return "".join(f"{line}\n" for line in self._lines)
