"""A blob appeared or changed; results are written back as blobs."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import quote

import azure.functions as func

from triggers.blob_account import HOST_SETTING, find_account, host_account, open_account
from triggers.blob_input import blob_reader
from triggers.blob_listener import listen
from triggers.blob_messages import control_queue
from triggers.blob_output import blob_writer
from triggers.blob_source import blob_event
from triggers.blob_store import newest
from triggers.blob_targets import OF_EACH_BLOB, OF_EACH_EVENT, loop, refuse_same, refuse_unknown_names
from triggers.contract import (
    BindingAdapter,
    Event,
    Handler,
    HandRun,
    ScaleContext,
    ScaleRule,
    TriggerAdapter,
    TriggerOptions,
)
from triggers.errors import InvalidInput, InvalidOptions, InvalidPath
from triggers.paths import BlobPath
from triggers.queue_account import check_queue_name

_FUNCTION = "score_blob"
_SETTING_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_:.-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class BlobOptions:
    """The options of the blob trigger; None means the default."""

    input_path: str | None = None
    """Where to wait: `container/blob`, with placeholders; the default is `input/{blobname}.json`."""
    output_path: str | None = None
    """Where the answer goes, made from the input's placeholders; the default is `output/{blobname}_out.json`."""
    error_path: str | None = None
    """Where the reason goes when a blob is given up; the default is beside the answer, as in
    `output/{blobname}_error.json`, or named after the blob where the answer's name is not made of it alone. Empty for
    no such file."""
    start_from: str = "all"
    """`all` answers what is there at the first start, `now` only what comes later."""
    source: str = "LogsAndContainerScan"
    """`EventGrid` when events of Event Grid tell of new blobs; by default the container is looked through."""
    event_queue: str = ""
    """The storage queue, beside the blobs, that gets those events; without one they come by webhook."""
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
        _refuse_target("output_path", target, source, known=OF_EACH_EVENT)
        if self.error_path is None:
            object.__setattr__(self, "error_path", _beside(target, source))
        if self.error_path:
            errors = BlobPath.parse(self.error_path)
            _refuse_target("error_path", errors, source, known=OF_EACH_BLOB)
            refuse_same("error_path", errors, "output_path", target)

    @property
    def source_path(self) -> str:
        return self.input_path or ""

    @property
    def target_path(self) -> str:
        return self.output_path or ""

    def declare(self, app: func.FunctionApp, handler: Handler) -> None:
        """Add the function `score_blob` to the app."""

        @app.function_name(_FUNCTION)
        @app.blob_trigger(arg_name="blob", path=self.source_path, connection=self.connection, **self._ours())
        @app.blob_output(arg_name="$return", path=self.target_path, connection=self.connection)
        async def score_blob(blob: func.InputStream, context: func.Context) -> bytes:
            answer = await handler.handle(blob, _headers(blob, context))
            # A long one is written from disk; but Azure's own host refuses an annotation that says so.
            return cast("bytes", answer.encode() if isinstance(answer, str) else answer)

    def _ours(self) -> dict[str, Any]:
        """What is not the default; Azure's own host skips what it does not know of it."""
        chosen = {"error_path": self.error_path or "", "start_from": self.start_from, "event_queue": self.event_queue}
        ours: dict[str, Any] = {name: text for name, text in chosen.items() if text not in ("", "all")}
        if self.source == func.BlobSource.EVENT_GRID.value:
            ours["source"] = func.BlobSource.EVENT_GRID
        return ours


def _headers(blob: func.InputStream, context: func.Context) -> dict[str, str]:
    """What a script that takes request headers is told of the blob; names of blobs are percent-encoded."""
    retries = getattr(context.retry_context, "retry_count", 0) or 0
    return {"x-functions-blob": quote(blob.name or ""), "x-functions-attempt": str(retries + 1)}


def _refuse_other_than_text(options: BlobOptions) -> None:
    paths = {"input_path": options.input_path, "output_path": options.output_path, "error_path": options.error_path}
    for name, path in paths.items():
        if path is not None and not isinstance(path, str):
            raise InvalidOptions(f"{name} {path!r} must be text such as 'input/{{blobname}}.json'.")
    if options.start_from not in ("all", "now"):
        raise InvalidOptions(f"start_from {options.start_from!r} must be 'all' or 'now'.")
    if options.source not in [source.value for source in func.BlobSource]:
        raise InvalidOptions(f"source {options.source!r} must be 'LogsAndContainerScan' or 'EventGrid'.")
    if options.event_queue:
        check_queue_name(str(options.event_queue))
    if not isinstance(options.connection, str) or not _SETTING_NAME.fullmatch(options.connection):
        raise InvalidOptions(
            f"connection {options.connection!r} must name an app setting: a letter or underscore, then letters, "
            "digits, underscores, colons, dots and hyphens. What the setting holds belongs into the deployment."
        )


def _beside(output: BlobPath, source: BlobPath) -> str:
    """`output/{blobname}_out.json` has its errors in `output/{blobname}_error.json`."""
    if not {name.lower() for name in output.names} <= {*(name.lower() for name in source.names), "blobtrigger"}:
        # A blob that is given up has no such name, or not twice; its own always does.
        return "" if "{" in output.container else f"{output.container}/{{blobtrigger}}_error.json"
    stem, dot, suffix = output.text.rpartition(".")
    if not dot or "/" in suffix or "}" in suffix:
        stem = output.text
    return f"{stem.removesuffix('_out')}_error.json"


def _refuse_target(option: str, target: BlobPath, source: BlobPath, *, known: frozenset[str]) -> None:
    """Stricter than the host with functions that people write: none of the possible names may come back."""
    refuse_unknown_names(option, target, source, known=known)
    if source.overlaps(target):
        raise loop(option, target, source)


def scale(context: ScaleContext) -> ScaleRule | None:
    """Replicas by what the one that looks has handed over to others, in KEDA's words.

    The number of blobs would never come down: those that are done stay where they are.
    """
    binding = context.binding
    try:
        BlobPath.parse_trigger(binding.option("path"))
    except InvalidPath:
        return None
    own = host_account(context.settings, wanted_by="the scale rule")
    metadata = {
        "queueName": control_queue(context.host_id),
        "queueLength": "5",
        "connectionFromEnv": HOST_SETTING if own else binding.option("connection", HOST_SETTING),
    }
    # Nobody fills the queue where none looks; the requests of Event Grid start one.
    is_told = binding.option("source").lower() == "eventgrid"
    return ScaleRule(scaler="azure-queue", metadata=metadata, min_replicas=0 if is_told else 1)


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
