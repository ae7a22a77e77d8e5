"""Every decorator of azure.functions.FunctionApp works here, or is refused with a sentence that says what to do."""

import asyncio
import inspect
import re

import azure.functions as func
import pytest

from tests.architecture.sources import ROOT

HELPERS = {"app_script_file", "auth_level", "get_functions", "validate_function_names"}
"""Public names of FunctionApp that declare nothing."""

_BLOBS = "tests/conformance/test_queue_and_blob.py"
_BUS = "tests/conformance/test_service_bus.py"
_MODEL = "tests/conformance/test_app_model.py"
_EVENTS = "tests/conformance/test_timer_and_event_grid.py"
_HOST = "tests/function_host/test_host.py"
_HERE = "tests/conformance/test_decorators.py"
WORKS = {
    "blob_input": ("blob", f"{_BLOBS}::test_row_61_a_blob_input_is_text_unless_it_is_binary"),
    "blob_output": ("blob", f"{_BLOBS}::test_row_65_an_output_replaces_the_blob_there_is"),
    "blob_trigger": ("blobTrigger", f"{_BLOBS}::test_row_60_a_blob_trigger_keeps_binary_data"),
    "event_grid_output": ("eventGrid", "tests/triggers/test_event_grid_output.py"),
    "event_grid_trigger": (
        "eventGridTrigger", f"{_EVENTS}::test_row_68_every_event_of_a_notification_runs_the_function"),
    "function_name": ("", f"{_HERE}::test_names_blueprints_and_generic_http"),
    "generic_input_binding": ("any", f"{_HERE}::test_generic_bindings_of_other_types"),
    "generic_output_binding": ("any", f"{_HERE}::test_generic_bindings_of_other_types"),
    "generic_trigger": ("any", f"{_HERE}::test_generic_triggers_of_other_types"),
    "http_type": ("", f"{_HERE}::test_names_blueprints_and_generic_http"),
    "queue_output": ("queue", "tests/integration/test_queue_azurite.py"),
    "queue_trigger": (
        "queueTrigger", f"{_BLOBS}::test_row_75_a_message_that_always_fails_runs_five_times_and_is_poisoned"),
    "register_blueprint": ("", f"{_HERE}::test_names_blueprints_and_generic_http"),
    "register_functions": ("", f"{_MODEL}::test_row_48_a_blueprint_takes_the_apps_level"),
    "retry": ("", f"{_MODEL}::test_row_79_retries_of_a_function_that_always_fails"),
    "route": ("httpTrigger, http", "tests/conformance/test_http.py"),
    "schedule": ("timerTrigger", f"{_HERE}::test_a_schedule_is_a_timer"),
    "service_bus_queue_output": ("serviceBus", f"{_BUS}::test_row_74_an_array_is_as_many_messages"),
    "service_bus_queue_trigger": (
        "serviceBusTrigger", f"{_BUS}::test_row_70_a_message_is_completed_when_its_function_ends"),
    "service_bus_topic_output": ("serviceBus", f"{_BUS}::test_topics_and_subscriptions"),
    "service_bus_topic_trigger": ("serviceBusTrigger", f"{_BUS}::test_topics_and_subscriptions"),
    "table_input": ("table", "tests/integration/test_table_azurite.py"),
    "table_output": ("table", "tests/integration/test_table_azurite.py"),
    "timer_trigger": ("timerTrigger", f"{_EVENTS}::test_row_77_a_timer_runs_and_its_status_is_kept"),
    "warm_up_trigger": ("warmupTrigger", f"{_HOST}::test_warm_up_runs_once_before_the_app_is_ready"),
}  # fmt: skip
"""Decorator -> its binding types, and the test that fires it."""

_COSMOS = "connection='C', database_name='d', container_name='c'"
_COSMOS_V3 = "connection_string_setting='C', database_name='d', collection_name='c'"
_SQL = "command_text='select', connection_string_setting='C'"
_EMBEDDINGS = "input='i', input_type='rawText'"
REFUSED = {
    "activity_trigger": ("activityTrigger", "input_name='x'"),
    "assistant_create_output": ("assistantCreate", "arg_name='x'"),
    "assistant_post_input": ("assistantPost", "arg_name='x', id='1', user_message='m'"),
    "assistant_query_input": ("assistantQuery", "arg_name='x', id='1', timestamp_utc='t'"),
    "assistant_skill_trigger": ("assistantSkillTrigger", "arg_name='x', function_description='d'"),
    "connector_trigger": ("connectorTrigger", "arg_name='x'"),
    "cosmos_db_input": ("cosmosDB", f"arg_name='x', {_COSMOS}"),
    "cosmos_db_input_v3": ("cosmosDB", f"arg_name='x', {_COSMOS_V3}"),
    "cosmos_db_output": ("cosmosDB", f"arg_name='x', {_COSMOS}"),
    "cosmos_db_output_v3": ("cosmosDB", f"arg_name='x', {_COSMOS_V3}"),
    "cosmos_db_trigger": ("cosmosDBTrigger", f"arg_name='x', {_COSMOS}"),
    "cosmos_db_trigger_v3": ("cosmosDBTrigger", f"arg_name='x', {_COSMOS_V3}"),
    "dapr_binding_output": ("daprBinding", "arg_name='x', binding_name='b', operation='o'"),
    "dapr_binding_trigger": ("daprBindingTrigger", "arg_name='x', binding_name='b'"),
    "dapr_invoke_output": ("daprInvoke", "arg_name='x', app_id='a', method_name='m', http_verb='POST'"),
    "dapr_publish_output": ("daprPublish", "arg_name='x', pub_sub_name='p', topic='t'"),
    "dapr_secret_input": ("daprSecret", "arg_name='x', secret_store_name='s', key='k', metadata='m'"),
    "dapr_service_invocation_trigger": ("daprServiceInvocationTrigger", "arg_name='x', method_name='m'"),
    "dapr_state_input": ("daprState", "arg_name='x', state_store='s', key='k'"),
    "dapr_state_output": ("daprState", "arg_name='x', state_store='s', key='k'"),
    "dapr_topic_trigger": ("daprTopicTrigger", "arg_name='x', pub_sub_name='p', topic='t'"),
    "durable_client_input": ("durableClient", "client_name='x'"),
    "embeddings_input": ("embeddings", f"arg_name='x', {_EMBEDDINGS}"),
    "embeddings_store_output": (
        "embeddingsStore", f"arg_name='x', {_EMBEDDINGS}, store_connection_name='s', collection='c'"),
    "entity_trigger": ("entityTrigger", "context_name='context'"),
    "event_hub_message_trigger": ("eventHubTrigger", "arg_name='x', connection='C', event_hub_name='e'"),
    "event_hub_output": ("eventHub", "arg_name='x', connection='C', event_hub_name='e'"),
    "kafka_output": ("kafka", "arg_name='x', topic='t', broker_list='b'"),
    "kafka_trigger": ("kafkaTrigger", "arg_name='x', topic='t', broker_list='b'"),
    "mcp_prompt_trigger": ("mcpPromptTrigger", "arg_name='x', prompt_name='p'"),
    "mcp_resource_trigger": ("mcpResourceTrigger", "arg_name='x', uri='u', resource_name='r'"),
    "mcp_tool": ("mcpToolTrigger", ""),
    "mcp_tool_property": ("mcpToolTrigger", "arg_name='x'"),
    "mcp_tool_trigger": ("mcpToolTrigger", "arg_name='x', tool_name='t'"),
    "mysql_input": ("mysql", f"arg_name='x', {_SQL}"),
    "mysql_output": ("mysql", f"arg_name='x', {_SQL}"),
    "mysql_trigger": ("mysqlTrigger", "arg_name='x', table_name='t', connection_string_setting='C'"),
    "orchestration_trigger": ("orchestrationTrigger", "context_name='context'"),
    "semantic_search_input": ("semanticSearch", "arg_name='x', search_connection_name='s', collection='c'"),
    "sql_input": ("sql", f"arg_name='x', {_SQL}"),
    "sql_output": ("sql", f"arg_name='x', {_SQL}"),
    "sql_trigger": ("sqlTrigger", "arg_name='x', table_name='t', connection_string_setting='C'"),
    "text_completion_input": ("textCompletion", "arg_name='x', prompt='p'"),
}  # fmt: skip
"""Decorator -> the type of its binding, and arguments for it."""

GOOD = """
@app.route()
def good(req: func.HttpRequest) -> str:
    return "good"
"""
EXTRA = {"mcp_tool_property": "@app.mcp_tool()\n"}
"""What a decorator has to stand on."""


def decorators() -> set[str]:
    return {
        name for name, _ in inspect.getmembers(func.FunctionApp, callable) if not name.startswith("_")
    } - HELPERS  # fmt: skip


def test_every_decorator_is_listed_once():
    assert decorators() == WORKS.keys() | REFUSED.keys()
    assert not WORKS.keys() & REFUSED.keys()


@pytest.mark.parametrize("decorator", WORKS)
def test_what_works_has_its_test(decorator):
    file, _, test = WORKS[decorator][1].partition("::")
    text = (ROOT / file).read_text()
    assert re.search(rf"^async def {test}\(" if test else r"^(async )?def test_", text, re.MULTILINE)


def test_the_reference_page_has_the_same_table():
    rows = {name: f"| `{name}` | {_code(kinds)} | works |" for name, (kinds, _) in WORKS.items()}
    rows |= {name: f"| `{name}` | {_code(kind)} | refused |" for name, (kind, _) in REFUSED.items()}
    text = (ROOT / "docs/reference/decorators.md").read_text()
    assert re.findall(r"^\| `.*$", text, re.MULTILINE) == [rows[name] for name in sorted(rows)]


def _code(kinds: str) -> str:
    return ", ".join(f"`{kind}`" if kind != "any" else kind for kind in kinds.split(", ")) if kinds else ""


def _refused_app(decorator: str, kind: str, arguments: str) -> str:
    line = f"@app.{decorator}({arguments})\n"
    if kind.endswith("Trigger"):
        parameter = "context" if "context_name" in arguments else "x"
        return GOOD + EXTRA.get(decorator, "") + line + f"def refused({parameter}): pass\n"
    return GOOD + "@app.route(route='refused')\n" + line + "def refused(req, x): return ''\n"


@pytest.mark.parametrize("decorator", REFUSED)
async def test_what_is_refused_says_so_and_the_others_run(app, decorator):
    kind, arguments = REFUSED[decorator]
    host, client = await app(_refused_app(decorator, kind, arguments))
    master = {"x-functions-key": (await host.keys.master()).value}
    (error,) = (await client.get("/admin/functions/refused/status", headers=master)).json()["errors"]
    assert f"'{kind}'" in error
    assert "Install a distribution that brings it, or move the function to a host that has it." in error
    assert (await client.get("/api/good")).text == "good"


async def _seen(client, count: int) -> list[str]:
    async with asyncio.timeout(5):
        while len(lines := (await client.get("/api/seen")).text.splitlines()) < count:  # noqa: ASYNC110 - the app's state
            await asyncio.sleep(0.01)
    return lines


SEEN = """
seen = []

@app.route(route="seen")
def show(req: func.HttpRequest) -> str:
    return "\\n".join(seen)
"""


async def test_a_schedule_is_a_timer(app):
    _, client = await app(
        SEEN
        + """
@app.schedule(arg_name="timer", schedule="0 0 1 1 *", run_on_startup=True, use_monitor=False)
def tick(timer: func.TimerRequest) -> None:
    seen.append(f"past due: {timer.past_due}")
"""
    )
    assert await _seen(client, 1) == ["past due: False"]


async def test_names_blueprints_and_generic_http(app):
    _, client = await app(
        """
blueprint = func.Blueprint()

@blueprint.function_name("other")
@blueprint.generic_trigger(arg_name="req", type="httpTrigger", route="parts/{id}", methods=["PUT"])
@blueprint.generic_output_binding(arg_name="$return", type="http")
@blueprint.http_type(http_type="function")
def part(req: func.HttpRequest, context: func.Context):
    return f"{context.function_name} {req.route_params['id']}"

app.register_blueprint(blueprint)
"""
    )
    assert (await client.put("/api/parts/7")).text == "other 7"
    assert (await client.get("/api/parts/7")).status_code == 404


async def test_generic_bindings_of_other_types(app, tmp_path):
    (tmp_path / "input").mkdir()
    (tmp_path / "input" / "7").write_bytes(b"\xffA")
    _, client = await app(
        """
@app.route(route="copy/{id}")
@app.generic_input_binding("source", type="blob", path="input/{id}", connection="C", data_type=func.DataType.BINARY)
@app.generic_output_binding(arg_name="target", type="blob", path="output/{id}", connection="C")
def copy(req: func.HttpRequest, source: bytes, target: func.Out[bytes]) -> str:
    target.set(source + b"!")
    return repr(source)
""",
        settings={"C": f"folder:{tmp_path}"},
    )
    assert (await client.get("/api/copy/7")).text == r"b'\xffA'"
    assert (tmp_path / "output" / "7").read_bytes() == b"\xffA!"


@pytest.mark.parametrize(
    ("kind", "options", "hint", "given", "got"),
    [
        ("queueTrigger", "queue_name='q', connection='C'", "func.QueueMessage", "a", "QueueMessage b'a'"),
        ("queueTrigger", "queue_name='q', connection='C'", "str", "a", "str 'a'"),
        ("queueTrigger", "queue_name='q', connection='C', data_type='BINARY'", "bytes", "a", "bytes b'a'"),
        ("eventGridTrigger", "", "str", '{"id": "1"}', """str '{"id": "1"}'"""),
        ("timerTrigger", "schedule='0 0 1 1 *'", "func.TimerRequest", "", "TimerRequest False"),
    ],
)
async def test_generic_triggers_of_other_types(app, kind, options, hint, given, got):
    host, client = await app(
        SEEN
        + f"""
@app.function_name("f")
@app.generic_trigger(arg_name="x", type="{kind}", {options})
def f(x: {hint}) -> None:
    value = x.get_body() if hasattr(x, "get_body") else getattr(x, "past_due", x)
    seen.append(f"{{type(x).__name__}} {{value!r}}")
""",
        settings={"AzureWebJobs.f.Disabled": "true", "C": "UseDevelopmentStorage=true"},
    )
    master = {"x-functions-key": (await host.keys.master()).value}
    answer = await client.post("/admin/functions/f", json={"input": given}, headers=master)
    assert answer.status_code == 202, answer.text
    assert await _seen(client, 1) == [got]
