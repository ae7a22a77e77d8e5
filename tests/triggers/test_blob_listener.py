"""triggers.blob_listener"""

import asyncio
import dataclasses
import json
import re

import pytest

from triggers.blob_listener import listen
from triggers.blob_output import blob_writer
from triggers.contract import Binding, BindingContext, Event, FunctionResult, ListenerContext
from triggers.errors import ConnectionNotConfigured, InvalidOptions


def binding(path: str, kind: str = "blobTrigger", **options: object) -> Binding:
    return Binding(type=kind, name="blob", direction="IN", options={"path": path, "connection": "Store", **options})


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


def output(path: str, connection: str = "Store") -> Binding:
    return Binding(type="blob", name="out", direction="OUT", options={"path": path, "connection": connection})


def context(settings: dict[str, str], echo: Echo, **extension: object) -> ListenerContext:
    return ListenerContext(
        function="f", binding=binding("input/{blobname}.json"), executor=echo, routes=NoRoutes(), settings=settings,
        host_id="host", extension=extension,
    )  # fmt: skip


@pytest.mark.parametrize("key", ["maxDegreeOfParallelism", "poisonBlobThreshold"])
@pytest.mark.parametrize("value", [0, -1, "0", "eight", True, 1.5])
def test_bad_host_json_is_refused_by_key(key, value, tmp_path):
    settings = {"Store": f"folder:{tmp_path}"}
    with pytest.raises(InvalidOptions, match=f"extensions.blobs.{key} is"):
        listen(context(settings, Echo(settings), **{key: value}))


@pytest.mark.parametrize("key", ["maxDegreeOfParallelism", "poisonBlobThreshold"])
def test_an_override_by_an_app_setting_is_text(key, tmp_path):
    settings = {"Store": f"folder:{tmp_path}"}
    assert listen(context(settings, Echo(settings), **{key: "8"}))


@pytest.mark.parametrize("key", ["fullSweepInterval", "eventSweepInterval"])
@pytest.mark.parametrize("value", ["99999999.00:00:00", "9999999999.00:00:00", "366.00:00:00", "366"])
def test_an_interval_without_bounds_is_refused_by_key(key, value, tmp_path):
    settings = {"Store": f"folder:{tmp_path}"}
    with pytest.raises(InvalidOptions, match=f"extensions.blobs.{key} is '{value}'; it must be 365 days at most"):
        listen(context(settings, Echo(settings), **{key: value}))


def listened(tmp_path, to: Binding, path: str = "input/{blobname}.json", **options: object) -> None:
    settings = {"Store": f"folder:{tmp_path}", "Same": f"folder:{tmp_path}", "Other": f"folder:{tmp_path / 'other'}"}
    given = context(settings, Echo(settings))
    listen(dataclasses.replace(given, binding=binding(path, **options), outputs=[to]))


@pytest.mark.parametrize("connection", ["Store", "Same"])
@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("input/{n}.json", "input/{n}_out.json"),
        ("input/{n}.json", "input/done/{N}.json"),
        ("input", "input/out.txt"),
        ("input/{n}", "input/{rand-guid}"),
    ],
)
def test_an_output_that_fires_its_function_is_refused_with_both_patterns(tmp_path, path, target, connection):
    with pytest.raises(InvalidOptions, match=f"'out' at {re.escape(repr(target))} matches its own path {path!r}"):
        listened(tmp_path, output(target, connection), path)


@pytest.mark.parametrize(
    ("target", "connection"),
    [
        ("input/{n}_out.json", "Other"),
        ("input/{n}.txt", "Store"),
        ("input/{n}", "Store"),
        ("{n}/out.json", "Store"),
        ("input/{metadata.target}", "Store"),
        ("output/{Properties.ETag}/{datetime:yyyy}{N}", "Store"),
    ],
)
def test_other_outputs_are_taken(tmp_path, target, connection):
    listened(tmp_path, output(target, connection), "input/{n}.json")


def test_an_output_that_no_blob_can_name_is_refused_with_the_names_there_are(tmp_path):
    with pytest.raises(InvalidOptions, match=r"'out' at 'output/\{nosuch\}' uses \{nosuch\}, but .* has \{blobname\}"):
        listened(tmp_path, output("output/{nosuch}"))


@pytest.mark.parametrize(
    ("error_path", "told"),
    [
        ("output/{Blobname}.json", r"error_path 'output/\{Blobname\}.json' and output 'out' at .* are one blob"),
        ("errors/{nosuch}.json", r"error_path 'errors/\{nosuch\}.json' uses \{nosuch\}"),
        ("errors/{properties.etag}", r"uses \{properties.etag\}"),
        ("input/{blobname}_error.json", "error_path 'input/{blobname}_error.json' matches its own path"),
    ],
)
def test_an_error_path_that_cannot_be_right_is_refused(tmp_path, error_path, told):
    with pytest.raises(InvalidOptions, match=told):
        listened(tmp_path, output("output/{blobname}.json"), errorPath=error_path)


def test_an_error_path_beside_the_answers_is_taken(tmp_path):
    listened(tmp_path, output("output/{blobname}.json"), errorPath="output/{BlobTrigger}_{blobname}_error.json")
    listened(tmp_path, output("output/{blobname}.json", "Other"), errorPath="output/{blobname}.json")


async def test_the_app_that_looks_is_noted_under_its_host_id(tmp_path):
    settings = {"Store": f"folder:{tmp_path}"}
    listener = listen(context(settings, Echo(settings)))
    note = tmp_path / "azure-webjobs-hosts" / "blobapps" / "host.json"
    await listener.start()
    await until(note.exists)
    await listener.stop()
    assert json.loads(note.read_text()) == {"Functions": {"f": "input/{blobname}.json"}}


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
    notes = [path for path in (ledger / "azure-webjobs-hosts" / "blobreceipts").rglob("*") if path.is_file()]
    # Beside the receipts there are notes of the search itself, which tell how far it is.
    receipts = [path for path in notes if path.name not in {"begun", "proved"}]
    assert [json.loads(path.read_text())["facts"] for path in receipts] == [{}, {}]


@pytest.mark.real_time
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


@pytest.mark.real_time
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
    # Text, as app settings have it.
    listener = listen(context(settings, echo, poisonBlobThreshold="1"))
    await listener.start()
    await until(lambda: "given up" in caplog.text)
    await listener.stop()
    assert len(echo.events) == 1
    assert re.search(rf"failed 1 times, last with {told}", caplog.text)
