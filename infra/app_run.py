"""What is known of a running app: its functions, addresses, key and storage, also as a file beside the app."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from infra.errors import NotRunning
from triggers import Binding

RUN_FILE = "run.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningFunction:
    """One function as the host announced it."""

    name: str
    url: str | None
    """Where it answers HTTP; None for other triggers."""
    bindings: tuple[Binding, ...]

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        return cls(
            name=document["name"],
            url=document["url"],
            bindings=tuple(_binding(entry) for entry in document["bindings"]),
        )

    @property
    def trigger(self) -> Binding:
        return next(binding for binding in self.bindings if binding.is_trigger)

    @property
    def output_path(self) -> str:
        """The blob path its answers go to; empty when it has none."""
        paths = [b.option("path") for b in self.bindings if b.type.lower() == "blob" and b.direction.upper() == "OUT"]
        return paths[0] if paths else ""

    @property
    def needs_key(self) -> bool:
        return self.url is not None and self.auth_level != "anonymous"

    @property
    def auth_level(self) -> str:
        return self.trigger.option("authLevel", "function").lower()

    @property
    def is_only_read(self) -> bool:
        """Is it an HTTP function that takes no events, such as the description of the API?"""
        methods = self.trigger.options.get("methods") or ()
        names = {str(method).upper() for method in methods} if isinstance(methods, list | tuple) else set()
        return self.url is not None and bool(names) and "POST" not in names


@dataclass(frozen=True, slots=True, kw_only=True)
class AppRun:
    """One app that runs now."""

    app: Path
    url: str
    pid: int
    """The host's process."""
    functions: tuple[RunningFunction, ...]
    key: str
    """The default function key, for the header `x-functions-key`."""
    storage: str
    """The connection that blob triggers use: `folder:/path` or an Azure storage connection string."""
    log: Path
    """Everything the host printed."""
    service_bus: Mapping[str, str] = field(default_factory=dict)
    """App setting -> connection string of the Service Bus it names; empty when no function uses one."""
    master_key: str = ""
    """Opens everything, for the header `x-functions-key`."""
    failures: Mapping[str, str] = field(default_factory=dict)
    """Function -> why it takes no events."""

    def key_for(self, function: RunningFunction) -> str:
        """The key that the function asks for; empty when it asks for none."""
        if not function.needs_key:
            return ""
        return self.master_key if function.auth_level == "admin" else self.key

    def triggered_by(self, binding_type: str) -> tuple[RunningFunction, ...]:
        return tuple(f for f in self.functions if f.trigger.type.lower() == binding_type.lower())

    def as_document(self) -> dict[str, object]:
        """The run as JSON values, in the form that `from_document` reads."""
        functions = [
            {"name": f.name, "url": f.url, "bindings": [_flat(binding) for binding in f.bindings]}
            for f in self.functions
        ]
        return {**asdict(self), "app": str(self.app), "log": str(self.log), "functions": functions}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        functions = functions_of(document["functions"])
        return cls(**{**document, "app": Path(document["app"]), "log": Path(document["log"]), "functions": functions})


def functions_of(documents: Sequence[Mapping[str, Any]]) -> tuple[RunningFunction, ...]:
    """The `functions` of the host's ready file."""
    return tuple(RunningFunction.from_document(document) for document in documents)


def packaged_sample(app: Path, stem: str) -> bytes | None:
    """The sample that lies in the app: `sample_input.json` or `sample_input.bin` for the stem `sample_input`."""
    files = [app / f"{stem}.json", app / f"{stem}.bin"]
    return next((file.read_bytes() for file in files if file.is_file()), None)


def data_folder(app: Path) -> Path:
    """Where a run of `app` keeps its storage, keys and log unless told otherwise: `<app>.run` beside it."""
    app = app.resolve()
    return app.with_name(f"{app.name}.run")


def save(run: AppRun, folder: Path) -> None:
    """Write the run where `find` looks; only its owner may read it, as it holds the key."""
    path = folder / RUN_FILE
    path.unlink(missing_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:  # noqa: PTH123 - Path.open takes no descriptor
        json.dump(run.as_document(), file, indent=2)


def find(folder: Path) -> AppRun:
    """The run that keeps its data in `folder`; raises NotRunning when there is none or its host has ended."""
    path = folder / RUN_FILE
    try:
        run = AppRun.from_document(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError) as cause:
        raise NotRunning(f"No app runs with its data in {folder} (no readable {path}); start it first.") from cause
    if not Path(f"/proc/{run.pid}").exists():
        raise NotRunning(f"The app {run.app} ran with its data in {folder}, but its host has ended; start it again.")
    return run


def _binding(entry: Mapping[str, Any]) -> Binding:
    options = {key: value for key, value in entry.items() if key not in {"type", "name", "direction"}}
    return Binding(type=entry["type"], name=entry["name"], direction=entry["direction"], options=options)


def _flat(binding: Binding) -> dict[str, object]:
    return {"type": binding.type, "direction": binding.direction, "name": binding.name, **binding.options}
