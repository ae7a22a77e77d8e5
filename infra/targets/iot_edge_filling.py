"""The script beside a manifest's template that puts the secrets in."""

from collections.abc import Iterable
from pprint import pformat

from infra.errors import InvalidDeployment

_SCRIPT = '''#!/usr/bin/env python3
"""Writes @NAME@.deployment.json: the template beside it, with the secrets that are in the environment."""

import json
import os
import sys
from pathlib import Path

SECRETS = @SECRETS@
LONGEST = @LONGEST@


def filled(value):
    if isinstance(value, dict):
        return {key: filled(each) for key, each in value.items()}
    if isinstance(value, list):
        return [filled(each) for each in value]
    name = value[2:-1] if isinstance(value, str) and value[:2] + value[-1:] == "${}" else ""
    return os.environ[name] if name in SECRETS else value


missing = [name for name in SECRETS if not os.environ.get(name)]
if missing:
    sys.exit(f"Set {missing[0]} to the secret.")
long = [name for name in SECRETS if len(os.environ[name].encode()) > LONGEST]
if long:
    sys.exit(f"{long[0]} is longer than the {LONGEST} bytes that a twin takes in one text.")
folder = Path(__file__).resolve().parent
document = filled(json.loads((folder / "@NAME@.deployment.template.json").read_text(encoding="utf-8")))
target = folder / "@NAME@.deployment.json"
target.unlink(missing_ok=True)
with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
    json.dump(document, file, indent=2)
print(target)
'''


def filling_script(name: str, secrets: Iterable[str], *, longest: int) -> str:
    """Python that takes the environment variables `secrets`, each of `longest` bytes at most."""
    listed = pformat(sorted(set(secrets)), width=100)
    return _SCRIPT.replace("@NAME@", name).replace("@SECRETS@", listed).replace("@LONGEST@", str(longest))


def check_literals(texts: Iterable[tuple[str, str]], secrets: Iterable[str]) -> None:
    """Raise InvalidDeployment for a text (what it is, itself) that the script would take for the place of a secret."""
    places = {f"${{{variable}}}": variable for variable in secrets}
    for what, text in texts:
        if text in places:
            raise InvalidDeployment(
                f"{what} is the text {text!r}, in whose place the filled document would have the secret that is in the "
                f"variable {places[text]!r}. If that is meant, give it as that secret; else name the secret's variable "
                "otherwise."
            )
