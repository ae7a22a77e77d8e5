"""triggers.blob"""

import asyncio
import json
import re
import subprocess
import sys
from pathlib import Path

import azure.functions as func
import pytest

from triggers.blob import BlobOptions, BlobWriter, adapter, blob_writer, connections, content_type, listen, scale
from triggers.blob import binding as binding_adapter
from triggers.blob_memory import MemoryBlobs
from triggers.contract import Binding, BindingContext, Event, FunctionResult, ListenerContext
from triggers.errors import ConnectionNotConfigured, InvalidOptions, InvalidPath
from triggers.paths import BlobPath


class Upper:
    """A scoring script that answers in capitals."""

    async def handle_http(self, request: func.HttpRequest) -> func.HttpResponse:
        raise NotImplementedError

    async def handle(self, body: bytes) -> str | bytes:
        return body.decode().upper()


def declared(**options: str) -> func.decorators.function_app.Function:
    app = func.FunctionApp()
    BlobOptions(**options).declare(app, Upper())
    (function,) = app.get_functions()
    return function


def test_the_defaults_are_those_of_the_retired_api():
    function = declared()
    assert function.get_function_name() == "score_blob"
    trigger, output = sorted((json.loads(raw) for raw in function.get_raw_bindings()), key=lambda one: one["direction"])
    assert trigger == {
        "type": "blobTrigger", "direction": "IN", "name": "blob", "path": "input/{blobname}.json",
        "connection": "TriggerConnectionString",
    }  # fmt: skip
    assert output == {
        "type": "blob", "direction": "OUT", "name": "$return", "path": "output/{blobname}_out.json",
        "connection": "TriggerConnectionString",
    }  # fmt: skip


async def test_the_declared_function_answers_with_the_scripts_answer():
    function = declared(input_path="abc/{x}", output_path="def/{x}", connection="Other")
    call = function.get_user_function()
    assert await call(func.blob.InputStream(data=b"abc")) == b"ABC"
    assert call.__annotations__ == {"blob": func.InputStream, "return": bytes}


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"output_path": "output/{blobnme}_out.json"}, r"\{blobnme\}.*has \{blobname\}"),
        ({"input_path": "input", "output_path": "output/{x}"}, "no placeholder"),
        ({"input_path": "data/{n}.json", "output_path": "data/{n}_out.json"}, "'data/{n}_out.json'.*'data/{n}.json'"),
        ({"input_path": "{n}.json"}, "'{n}.json'"),
        ({"input_path": "input/"}, "'input/'"),
        ({"output_path": "output"}, "'output'"),
        ({"output_path": ""}, "''"),
        ({"input_path": ""}, "''"),
        ({"connection": " "}, "must name an app setting"),
        ({"connection": "AccountName=a;AccountKey=b"}, "must name an app setting"),
        ({"connection": "1st"}, "'1st' must name an app setting"),
        ({"connection": 5}, "connection 5 must name an app setting"),
        ({"input_path": 5}, "input_path 5 must be text"),
        ({"output_path": 5}, "output_path 5 must be text"),
    ],
)
def test_bad_options_are_refused_when_made(options, told):
    with pytest.raises(InvalidOptions, match=told):
        BlobOptions(**options)


@pytest.mark.parametrize("output", ["out/{rand-guid}.json", "out/{DateTime:yyyy}/{BLOBNAME}", "out/{Properties.ETag}"])
def test_outputs_may_use_built_ins_and_metadata(output):
    assert BlobOptions(output_path=output).output_path == output


def test_the_deployment_is_told_what_to_set():
    (setting,) = connections(BlobOptions(connection="Mine")).items()
    assert setting[0] == "Mine"
    assert "folder:" in setting[1]


def test_connections_refuse_other_options():
    with pytest.raises(InvalidOptions, match="not Upper"):
        connections(Upper())  # type: ignore[arg-type]


def binding(path: str, kind: str = "blobTrigger", **options: object) -> Binding:
    return Binding(type=kind, name="blob", direction="IN", options={"path": path, "connection": "Store", **options})


def test_the_scale_rule_counts_below_the_fixed_part_of_the_path():
    rule = scale(binding("input/in/{n}.json"))
    assert rule is not None
    assert rule.scaler == "azure-blob"
    assert rule.metadata == {
        "blobContainerName": "input", "blobPrefix": "in/", "blobCount": "5", "connectionFromEnv": "Store",
    }  # fmt: skip
    assert scale(binding("{n}")) is None


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b'{"a": 1}', "application/json"),
        (b" [1] \n", "application/json"),
        (b"12", "application/json"),
        (b"plain", "application/octet-stream"),
        (b"\xff\x00", "application/octet-stream"),
        (b"", "application/octet-stream"),
        (b"[" + b"1," * 50_000 + b"1]", "application/json"),
        (b"x" * 100_000, "application/octet-stream"),
    ],
)
def test_json_is_marked_as_such(data, kind):
    assert content_type(data) == kind


@pytest.mark.parametrize(("value", "data"), [("ü", "ü".encode()), (b"\xff", b"\xff"), (bytearray(b"x"), b"x")])
async def test_the_writer_fills_the_path_and_replaces_the_blob(value, data):
    store = MemoryBlobs()
    writer = BlobWriter(store, BlobPath.parse("output/{blobname}_out.json"))
    await writer.write(b"old", {"blobname": "a/b"})
    await writer.write(value, {"blobname": "a/b"})
    await writer.close()
    assert store.containers["output"]["a/b_out.json"][1] == data


@pytest.mark.parametrize(("path", "made"), [("output/{x}", ["output"]), ("{x}/a", [])])
async def test_opening_the_writer_makes_its_container_if_it_has_one_name(path, made):
    store = MemoryBlobs()
    await BlobWriter(store, BlobPath.parse(path)).open()
    assert list(store.containers) == made


async def test_the_writer_refuses_what_is_no_text():
    writer = BlobWriter(MemoryBlobs(), BlobPath.parse("output/x"))
    with pytest.raises(TypeError, match="'output/x' got a dict"):
        await writer.write({"a": 1}, {})


async def test_the_writer_names_a_missing_value():
    writer = BlobWriter(MemoryBlobs(), BlobPath.parse("output/{x}"))
    with pytest.raises(InvalidPath, match=r"No value for \{x\}"):
        await writer.write(b"", {})


class NoRoutes:
    def mount(self, template, app, *, methods, auth_level):
        raise AssertionError("A blob trigger mounts nothing.")


class Echo:
    """Writes what it is handed, as a function with a blob output does."""

    def __init__(self, settings: dict[str, str]) -> None:
        self.writer = blob_writer(
            BindingContext(binding=binding("output/{blobname}_out.json", "blob"), settings=settings)
        )
        self.events: list[Event] = []

    async def execute(self, event: Event) -> FunctionResult:
        self.events.append(event)
        await self.writer.write(event.data, event.metadata)
        return FunctionResult(value=event.data)


def context(settings: dict[str, str], echo: Echo, **extension: object) -> ListenerContext:
    return ListenerContext(
        function="f", binding=binding("input/{blobname}.json"), executor=echo, routes=NoRoutes(), settings=settings,
        host_id="host", extension=extension,
    )  # fmt: skip


@pytest.mark.parametrize("key", ["maxDegreeOfParallelism", "poisonBlobThreshold"])
@pytest.mark.parametrize("value", [0, -1, "8", True, 1.5])
def test_bad_host_json_is_refused_by_key(key, value, tmp_path):
    settings = {"Store": f"folder:{tmp_path}"}
    with pytest.raises(InvalidOptions, match=f"extensions.blobs.{key} is"):
        listen(context(settings, Echo(settings), **{key: value}))


def test_a_missing_connection_names_the_function(tmp_path):
    echo = Echo({"Store": f"folder:{tmp_path}"})
    with pytest.raises(ConnectionNotConfigured, match="'Store' is not set, but the blob trigger of function 'f'"):
        listen(context({}, echo))


async def until(condition) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - the condition is somebody else's state
            await asyncio.sleep(0.005)


@pytest.mark.parametrize("host_account", [False, True])
async def test_a_file_dropped_in_a_folder_has_its_answer(tmp_path, host_account):
    root, ledger = tmp_path / "account", tmp_path / "account"
    settings = {"Store": f"folder:{root}"}
    if host_account:
        ledger = tmp_path / "host"
        settings["AzureWebJobsStorage"] = f"folder:{ledger}"
    echo = Echo(settings)
    for name in ("one", "two"):
        listener = listen(context(settings, echo))
        await listener.start()
        (root / "input" / f"{name}.json").write_text(name)
        answer = root / "output" / f"{name}_out.json"
        await until(answer.exists)
        await listener.stop()
        assert answer.read_text() == name
    assert len(echo.events) == 2
    receipts = [path for path in (ledger / "azure-webjobs-hosts" / "blobreceipts").rglob("*") if path.is_file()]
    assert [json.loads(path.read_text())["facts"] for path in receipts] == [{}, {}]


async def test_many_files_at_once_are_each_answered_once(tmp_path):
    settings = {"Store": f"folder:{tmp_path}"}
    echo = Echo(settings)
    inbox = tmp_path / "input"
    inbox.mkdir()
    for number in range(30):
        (inbox / f"early{number}.json").write_text(str(number))
    listener = listen(context(settings, echo))
    await listener.start()
    for number in range(30):
        (inbox / f"late{number}.json").write_text(str(number))
    await until(lambda: len(echo.events) >= 60)
    await listener.stop()
    assert len({event.id for event in echo.events}) == len(echo.events) == 60
    assert len(list((tmp_path / "output").iterdir())) == 60


def test_the_adapter_is_complete_and_imports_no_sdk():
    code = (
        "import sys, triggers.blob as b; print(b.adapter.name, b.adapter.binding_type, b.adapter.extension);"
        "print([m for m in sys.modules if m.startswith(('aiohttp', 'watchdog', 'azure.storage'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["blob blobTrigger blobs", "[]"]
    assert adapter.extras == ("blob", "watch")
    assert binding_adapter.type == "blob"
    assert Path(__file__).stem == f"test_{adapter.name}"


class WriteTo(Echo):
    """Writes to a name that can never be."""

    def __init__(self, settings: dict[str, str], path: str) -> None:
        super().__init__(settings)
        self.writer = blob_writer(BindingContext(binding=binding(path, "blob"), settings=settings))

    async def execute(self, event: Event) -> FunctionResult:
        try:
            return await super().execute(event)
        except Exception as error:
            return FunctionResult(error=error)


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("output/" + "x" * 300, "BlobRefused: The folder account could not write .*File name too long"),
        ("output/a\\{blobname}", "InvalidPath: .*no backslash"),
        ("output/../{blobname}", "InvalidPath: .* or '..' in its name"),
    ],
)
async def test_an_output_that_can_never_be_is_given_up_and_said_why(tmp_path, path, told, caplog):
    settings = {"Store": f"folder:{tmp_path}"}
    echo = WriteTo(settings, path)
    (tmp_path / "input").mkdir()
    (tmp_path / "input" / "a.json").write_text("{}")
    listener = listen(context(settings, echo, poisonBlobThreshold=1))
    await listener.start()
    await until(lambda: "given up" in caplog.text)
    await listener.stop()
    assert len(echo.events) == 1
    assert re.search(rf"failed 1 times, last with {told}", caplog.text)
