"""Find what the app settings say about a connection that a binding names."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from triggers.errors import ConnectionNotConfigured

FOLDER = "folder:"
"""What a connection begins with whose account is a local folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """One app setting, or one section of them, that holds an endpoint or credential."""

    setting: str
    """Its name as it was found."""
    wanted_by: str
    """The function or binding, for messages."""
    text: str = field(default="", repr=False)
    """The setting's value; empty when it is a section."""
    section: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The values of `<setting>__<key>` by key in lower case; empty when it is one value."""


_STORAGE = (
    "Set it to the storage account's connection string, to 'UseDevelopmentStorage=true' for Azurite, or to "
    "'folder:/absolute/path' for a local folder."
)


def find_connection(
    settings: Mapping[str, str], name: str, *, default: str, wanted_by: str, way_out: str = _STORAGE
) -> Connection:
    """What the settings hold for the connection `name`, or for `default` when the name is empty.

    Looks where Azure does: `ConnectionStrings:AzureWebJobs<name>`, `AzureWebJobs<name>`, `ConnectionStrings:<name>`,
    `<name>`, with `__` for `:` as well, in any case. Raises ConnectionNotConfigured.
    """
    known = {_normal(key): (key, value) for key, value in settings.items()}
    wanted = name or default
    for prefix in ("ConnectionStrings__AzureWebJobs", "AzureWebJobs", "ConnectionStrings__", ""):
        key = _normal(prefix + wanted)
        if known.get(key, ("", ""))[1]:
            return Connection(setting=known[key][0], wanted_by=wanted_by, text=known[key][1])
        start = f"{key}__"
        section = {k.removeprefix(start): value for k, (_, value) in known.items() if k.startswith(start) and value}
        if section:
            return Connection(setting=prefix + wanted, wanted_by=wanted_by, section=section)
    raise ConnectionNotConfigured(f"The app setting {wanted!r} is not set, but {wanted_by} connects with it. {way_out}")


def folder_of(connection: Connection) -> Path:
    """The folder that is the account; raises ConnectionNotConfigured unless its path is absolute."""
    root = Path(connection.text.removeprefix(FOLDER))
    if not root.is_absolute():
        raise ConnectionNotConfigured(
            f"The app setting {connection.setting!r} names the folder {str(root)!r}; it must be an absolute path, "
            "as in 'folder:/data/storage'."
        )
    return root


def _normal(key: str) -> str:
    return key.replace(":", "__").lower()
