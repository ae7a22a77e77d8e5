"""The name under which every instance of the package keeps its ledgers, wherever it runs."""

from collections.abc import Sequence
from pathlib import PurePosixPath

from packager.models.contract import ModelVersion

SETTING = "AzureFunctionsWebHost__hostid"
_LONGEST = 32


def render_host_id(models: Sequence[ModelVersion], entry_script: str) -> str:
    """The models' names, else the script's, in the letters and length that hosts take.

    Versions are left out on purpose: what an earlier version of the package handled is not handled again.
    """
    name = "-".join(model.name for model in models) or PurePosixPath(entry_script).stem
    allowed = "".join(c if c.isascii() and c.isalnum() else "-" for c in name.lower())
    return allowed[:_LONGEST].strip("-") or "package"
