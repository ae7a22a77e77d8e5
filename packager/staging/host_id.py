"""The name under which every instance of the package keeps its ledgers, wherever it runs."""

import dataclasses
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

from packager.models.contract import ModelVersion

SETTING = "AzureFunctionsWebHost__hostid"
_LONGEST = 32
_HASH_LENGTH = 8
_PLACES = ("input_", "output_")


def render_host_id(
    models: Sequence[ModelVersion], entry_script: str, triggers: Mapping[str, Mapping[str, object]]
) -> str:
    """The models' names, else the script's, and a hash of these and of where the triggers read and write.

    Two packages on one account must not share it, or one would wait for the other's lease for good. Versions are left
    out on purpose: what an earlier version of the package handled is not handled again.
    """
    names = [model.name for model in models]
    name = "-".join(names) or PurePosixPath(entry_script).stem
    # Queues are named after it, and those take no two hyphens in a row.
    readable = re.sub("[^a-z0-9]+", "-", name.lower())[: _LONGEST - _HASH_LENGTH - 1].strip("-") or "package"
    told_apart = [names, entry_script, {trigger: _places(trigger, triggers[trigger]) for trigger in sorted(triggers)}]
    return f"{readable}-{hashlib.sha256(json.dumps(told_apart).encode()).hexdigest()[:_HASH_LENGTH]}"


def _places(trigger: str, given: Mapping[str, object]) -> Mapping[str, object]:
    """Where it reads and writes, defaults included: a default that is spelt out is no other place."""
    from triggers.registry import adapters

    options = adapters()[trigger].options(**given)
    if not dataclasses.is_dataclass(options):
        return {}
    names = [field.name for field in dataclasses.fields(options) if field.name.startswith(_PLACES)]
    return {name: str(getattr(options, name)) for name in names}
