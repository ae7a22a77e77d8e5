"""The name under which an app keeps its ledgers: equal on every instance and after every restart."""

import re
from collections.abc import Mapping
from pathlib import Path

_LONGEST = 32


def host_id(root: Path, settings: Mapping[str, str]) -> str:
    """`AzureFunctionsWebHost__hostid`, else the site's name, else the app folder's; never the machine's name."""
    given = {name.lower(): value for name, value in settings.items()}
    name = given.get("azurefunctionswebhost__hostid") or given.get("website_site_name") or root.name
    # Queues are named after it, and those take no two hyphens in a row.
    allowed = re.sub("[^a-z0-9]+", "-", name.lower()).strip("-")
    return allowed[:_LONGEST].strip("-") or "app"
