"""Where packages come from: what pip is set to, and an environment's own options, in uv's words."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence

_LINE = re.compile(r"(?P<section>[^.\s]+)\.(?P<name>[\w-]+)=(?P<value>.+)")
# pip's own order: a later one wins.
_SECTIONS = ("global", "download", ":env:")
_ON = frozenset({"1", "true", "yes", "on"})
_REPEATED = {
    "extra-index-url": "--extra-index-url",
    "find-links": "--find-links",
    "trusted-host": "--allow-insecure-host",
}


def pip_settings() -> Mapping[str, str]:
    """Settings of pip from its files and variables, by name: `{"index-url": "https://..."}`."""
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "config", "list"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return parse_settings(done.stdout.splitlines())


def parse_settings(lines: Iterable[str]) -> Mapping[str, str]:
    """The settings in the lines of `pip config list`."""
    found: dict[str, dict[str, str]] = {section: {} for section in _SECTIONS}
    for line in lines:
        match = _LINE.fullmatch(line.strip())
        if match is not None and match["section"] in found:
            found[match["section"]][match["name"]] = str(ast.literal_eval(match["value"]))
    return {name: value for section in _SECTIONS for name, value in found[section].items()}


def uv_index_options(settings: Mapping[str, str], lines: Sequence[str]) -> list[str]:
    """Options of uv for pip's `settings` and for those `lines` of a requirements file that uv does not read itself."""
    options = [f"--index-url={settings['index-url']}"] if "index-url" in settings else []
    options += ["--no-index"] if settings.get("no-index", "").lower() in _ON else []
    for name, option in _REPEATED.items():
        options += [f"{option}={value}" for value in settings.get(name, "").split()]
    for line in lines:
        name, _, value = line.replace("=", " ", 1).partition(" ")
        if name == "--trusted-host":
            options.append(f"--allow-insecure-host={value.strip()}")
        elif name == "--pre":
            options.append("--prerelease=allow")
    return options
