"""A blob appeared or changed; results are written back as blobs."""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass

import azure.functions as func

from triggers.blob_account import HOST_SETTING, find_account, host_account, open_account
from triggers.blob_input import blob_reader
from triggers.blob_receipts import BlobReceipts
from triggers.blob_source import BlobSource, blob_event
from triggers.blob_store import BlobStore, newest
from triggers.contract import (
    Binding,
    BindingAdapter,
    BindingContext,
    Event,
    Handler,
    HandRun,
    Listener,
    ListenerContext,
    OutputWriter,
    ScaleRule,
    TriggerAdapter,
    TriggerOptions,
)
from triggers.errors import InvalidInput, InvalidOptions, InvalidPath
from triggers.path_builtins import BUILT_INS
from triggers.paths import BlobPath
from triggers.polling import PollingListener

_FUNCTION = "score_blob"
_SETTING_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_:.-]*")
_CONCURRENCY_PER_CPU = 8
_MAX_ATTEMPTS = 5
# Longer outputs are taken at their first and last character's word.
_LONGEST_PARSED = 65536


@dataclass(frozen=True, slots=True, kw_only=True)
class BlobOptions:
    """The options of the blob trigger; None means the default."""

    input_path: str | None = None
    """Where to wait: `container/blob`, with placeholders; the default is `input/{blobname}.json`."""
    output_path: str | None = None
    """Where the answer goes, made from the input's placeholders; the default is `output/{blobname}_out.json`."""
    connection: str = "TriggerConnectionString"
    """The app setting that holds the storage account's connection string."""

    def __post_init__(self) -> None:
        _refuse_other_than_text(self)
        if self.input_path is None:
            object.__setattr__(self, "input_path", "input/{blobname}.json")
        if self.output_path is None:
            object.__setattr__(self, "output_path", "output/{blobname}_out.json")
        source = BlobPath.parse_trigger(self.source_path)
        target = BlobPath.parse(self.target_path)
        _refuse_unknown_names(source, target)
        if source.overlaps(target):
            raise InvalidOptions(
                f"The blob trigger would answer itself without end: what it writes to {target.text!r} matches its own "
                f"input_path {source.text!r}. Write to another container or folder."
            )

    @property
    def source_path(self) -> str:
        return self.input_path or ""

    @property
    def target_path(self) -> str:
        return self.output_path or ""

    def declare(self, app: func.FunctionApp, handler: Handler) -> None:
        """Add the function `score_blob` to the app."""

        @app.function_name(_FUNCTION)
        @app.blob_trigger(arg_name="blob", path=self.source_path, connection=self.connection)
        @app.blob_output(arg_name="$return", path=self.target_path, connection=self.connection)
        async def score_blob(blob: func.InputStream) -> bytes:
            answer = await handler.handle(blob.read())
            return answer.encode() if isinstance(answer, str) else answer


def _refuse_other_than_text(options: BlobOptions) -> None:
    for name, path in {"input_path": options.input_path, "output_path": options.output_path}.items():
        if path is not None and not isinstance(path, str):
            raise InvalidOptions(f"{name} {path!r} must be text such as 'input/{{blobname}}.json'.")
    if not isinstance(options.connection, str) or not _SETTING_NAME.fullmatch(options.connection):
        raise InvalidOptions(
            f"connection {options.connection!r} must name an app setting: a letter or underscore, then letters, "
            "digits, underscores, colons, dots and hyphens. What the setting holds belongs into the deployment."
        )


def _refuse_unknown_names(source: BlobPath, target: BlobPath) -> None:
    captured = {name.lower() for name in source.names}
    metadata = {"blobtrigger", "uri", "properties", "metadata"}
    for name in target.names:
        lower = name.lower()
        if lower not in captured and lower not in BUILT_INS and lower.partition(".")[0] not in metadata:
            known = ", ".join(f"{{{known}}}" for known in source.names) or "no placeholder"
            raise InvalidOptions(
                f"output_path {target.text!r} uses {{{name}}}, but input_path {source.text!r} has {known}."
            )


def listen(context: ListenerContext) -> Listener:
    """The listener of one blobTrigger binding; raises InvalidPath or ConnectionNotConfigured."""
    binding = context.binding
    path = BlobPath.parse_trigger(binding.option("path"))
    wanted_by = f"the blob trigger of function {context.function!r}"
    connection = find_account(context.settings, binding.option("connection"), wanted_by=wanted_by)
    account = open_account(connection)
    hosts_own = host_account(context.settings, wanted_by="the host")
    ledger = account.ledger if hosts_own is None else open_account(hosts_own).ledger
    receipts = BlobReceipts(ledger, host_id=context.host_id, function=context.function)
    attempts = _count(context.extension, "poisonBlobThreshold", _MAX_ATTEMPTS)
    return PollingListener(
        BlobSource(account.blobs, receipts, path, max_attempts=attempts),
        context.executor,
        name=f"{context.function} at {path.text!r}",
        concurrency=_count(context.extension, "maxDegreeOfParallelism", _CONCURRENCY_PER_CPU * (os.cpu_count() or 1)),
        longest_pause=account.blobs.longest_pause,
    )


def _count(extension: Mapping[str, object], key: str, default: int) -> int:
    value = extension.get(key, default)
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise InvalidOptions(f"host.json: extensions.blobs.{key} is {value!r}; it must be a whole number from 1 up.")
    return value


class BlobWriter:
    """Writes an output value to the blob that its binding's path names."""

    def __init__(self, store: BlobStore, path: BlobPath) -> None:
        self._store = store
        self._path = path

    async def open(self) -> None:
        """Make the container unless its name depends on the event; raises SourceUnavailable."""
        if "{" not in self._path.container:
            await self._store.make_container(self._path.container)

    async def write(self, value: object, metadata: Mapping[str, object]) -> None:
        """Replace the blob by the value; raises InvalidPath, TypeError, BlobRefused or SourceUnavailable."""
        data = _bytes(value, self._path.text)
        container, name = self._path.fill(metadata)
        await self._store.write(container, name, data, content_type(data))

    async def close(self) -> None:
        await self._store.close()


def blob_writer(context: BindingContext) -> OutputWriter:
    """The writer of one `blob` output; raises InvalidPath or ConnectionNotConfigured."""
    binding = context.binding
    path = BlobPath.parse(binding.option("path"))
    wanted_by = f"the blob output {binding.name!r} to {path.text!r}"
    connection = find_account(context.settings, binding.option("connection"), wanted_by=wanted_by)
    return BlobWriter(open_account(connection).blobs, path)


def _bytes(value: object, path: str) -> bytes:
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value)
    raise TypeError(f"The blob output {path!r} got a {type(value).__name__}; return text or bytes.")


def content_type(data: bytes) -> str:
    """`application/json` for JSON text, else `application/octet-stream`."""
    return "application/json" if _is_json(data.strip()) else "application/octet-stream"


def _is_json(text: bytes) -> bool:
    if len(text) > _LONGEST_PARSED:
        return (text[:1], text[-1:]) in {(b"{", b"}"), (b"[", b"]")}
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def scale(binding: Binding) -> ScaleRule | None:
    """Replicas by the number of blobs below the path's fixed part, in KEDA's words."""
    try:
        path = BlobPath.parse_trigger(binding.option("path"))
    except InvalidPath:
        return None
    metadata = {
        "blobContainerName": path.container,
        "blobCount": "5",
        "connectionFromEnv": binding.option("connection", HOST_SETTING),
    }
    if path.prefix:
        metadata["blobPrefix"] = path.prefix
    return ScaleRule(scaler="azure-blob", metadata=metadata)


def connections(options: TriggerOptions) -> Mapping[str, str]:
    """The setting that a deployment has to provide, and what it holds."""
    if not isinstance(options, BlobOptions):
        raise InvalidOptions(f"The blob trigger takes BlobOptions, not {type(options).__name__}.")
    return {
        options.connection: "The storage account of the input and output blobs: a connection string, "
        "'UseDevelopmentStorage=true' for Azurite, or 'folder:/absolute/path' for a local folder."
    }


async def written_blob(run: HandRun) -> Event:
    """The blob whose path, `container/blob`, is the text; raises InvalidInput when there is none.

    Raises InvalidPath, ConnectionNotConfigured or SourceUnavailable too.
    """
    container, _, name = run.text.strip().strip("/").partition("/")
    if not container or not name:
        raise InvalidInput(
            f"{run.text!r} is no path of a blob; function {run.function!r} runs for an input such as 'container/blob'."
        )
    wanted_by = f"the blob trigger of function {run.function!r}"
    store = open_account(find_account(run.settings, run.binding.option("connection"), wanted_by=wanted_by)).blobs
    try:
        content = await store.read(newest(container, name))
    finally:
        await store.close()
    if content is None:
        raise InvalidInput(f"There is no blob {container}/{name}; write it first, then run function {run.function!r}.")
    return blob_event(newest(container, name), content, BlobPath.parse_trigger(run.binding.option("path")))


adapter = TriggerAdapter(
    name="blob",
    binding_type="blobTrigger",
    extension="blobs",
    options=BlobOptions,
    listen=listen,
    extras=("blob", "watch"),
    connections=connections,
    scale=scale,
    event_of=written_blob,
)

binding = BindingAdapter(type="blob", extension="blobs", reader=blob_reader, writer=blob_writer)
