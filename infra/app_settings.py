"""The settings that an app's host has here, and the functions that it finds: what a command needs to speak to it."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from infra import app_run
from infra.app_run import RunningFunction, data_folder, functions_of
from infra.config import environment
from infra.errors import InvalidRunRequest, NotRunning
from infra.storage import folder_connection
from triggers.blob_account import host_account
from triggers.host_id import host_id
from triggers.json_file import read_json

STORAGE_FOLDER = "storage"
"""Where a local run keeps its storage account, below its data folder."""
CONNECTIONS = ("TriggerConnectionString", "AzureWebJobsStorage")
"""The settings that a local run points at its storage account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AppSettings:
    """One app as its hosts know it, whether one runs now or not."""

    app: Path
    values: Mapping[str, str]
    host_id: str

    @property
    def account(self) -> str:
        """The connection of the host's own account; empty is the host's own setting.

        Without that one, the host of a packaged app keeps its records beside the blobs.
        """
        has_own = host_account(self.values, wanted_by=self.wanted_by) is not None
        return CONNECTIONS[0] if not has_own and self.values.get(CONNECTIONS[0]) else ""

    @property
    def wanted_by(self) -> str:
        """For messages about connections."""
        return f"the host of {self.app}"


def app_settings(app: Path, *, data_dir: Path | None = None) -> AppSettings:
    """The environment, over the connections of the app's run, over local.settings.json.

    Of a run that has ended, the folder that was its account is taken if nothing else says where the account is.
    Raises InvalidRunRequest.
    """
    app = app.resolve()
    if not app.is_dir():
        raise InvalidRunRequest(f"{app} is no folder; give the function app's, with host.json in it.")
    folder = (data_dir or data_folder(app)).resolve()
    file = _local_values(app / "local.settings.json")
    try:
        current = app_run.find(folder)
        run, old = {**dict.fromkeys(CONNECTIONS, current.storage), **current.service_bus}, {}
    except NotRunning:
        kept = folder / STORAGE_FOLDER
        run, old = {}, dict.fromkeys(CONNECTIONS, folder_connection(kept)) if kept.is_dir() else {}
    values = {**old, **file, **run, **environment()}
    return AppSettings(app=app, values=values, host_id=host_id(app, values))


def app_functions(settings: AppSettings, python: Path | None = None) -> tuple[RunningFunction, ...]:
    """The app's functions, found by a host that runs none of them (with `python`); raises InvalidRunRequest."""
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder, "functions.json")
        command = [
            str(python or sys.executable),
            "-m",
            "function_host",
            "functions",
            "--script-root",
            str(settings.app),
        ]
        done = subprocess.run(
            [*command, "--ready-file", str(answer)],
            env=dict(settings.values),
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise InvalidRunRequest(f"The functions of {settings.app} cannot be listed: {done.stderr.strip()}")
        return functions_of(json.loads(answer.read_text(encoding="utf-8"))["functions"])


def _local_values(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    # As the host has it: keys in any case, and nothing for null.
    document = {name.lower(): value for name, value in read_json(path, InvalidRunRequest).items()}
    values = document.get("values", {})
    if not isinstance(values, dict):
        raise InvalidRunRequest(f'{path} must be of the form {{"Values": {{"NAME": "text"}}}}, not {values!r}.')
    return {str(name): "" if value is None else str(value) for name, value in values.items()}
