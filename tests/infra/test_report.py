from dataclasses import replace
from pathlib import Path

import pytest

from infra.report import SAMPLE, curl_line, describe
from tests.support import runs


def test_every_function_is_described_ready_to_paste(tmp_path: Path) -> None:
    text = describe(runs.app_run(tmp_path), sample='{"data": []}')

    assert text == (
        f"{tmp_path}/app runs at http://127.0.0.1:41234\n"
        "\n"
        "  score_http\n"
        "    url     http://127.0.0.1:41234/api/score\n"
        "    key     k3y\n"
        "    curl -s http://127.0.0.1:41234/api/score -H 'x-functions-key: k3y' "
        "-H 'Content-Type: application/json' -d '{\"data\": []}'\n"
        "\n"
        "  score_blob\n"
        f"    drop    {tmp_path}/storage/input/{{blobname}}.json\n"
        f"    answer  {tmp_path}/storage/output/{{blobname}}_out.json\n"
        f"    cp request.json {tmp_path}/storage/input/first.json\n"
    )


def test_anonymous_function_shows_no_key(tmp_path: Path) -> None:
    trigger = {**runs.HTTP["bindings"][0], "authLevel": "ANONYMOUS"}
    run = runs.app_run(tmp_path, runs.function(runs.HTTP, bindings=[trigger]))

    assert "k3y" not in describe(run)


def test_queues_are_named_with_their_bus(tmp_path: Path) -> None:
    run = replace(runs.app_run(tmp_path, runs.function(runs.BUS)), service_bus={"Bus": "Endpoint=sb://127.0.0.1:1;"})

    assert describe(run).endswith(
        "\n  score_message\n    send    queue in\n    answer  queue out\n    bus     Endpoint=sb://127.0.0.1:1;\n"
    )


def test_account_is_named_by_its_connection_string(tmp_path: Path) -> None:
    connection = "AccountName=a;AccountKey=a2V5;BlobEndpoint=http://127.0.0.1:1/a;"
    text = describe(replace(runs.app_run(tmp_path, runs.function(runs.BLOB)), storage=connection))

    assert "drop    http://127.0.0.1:1/a/input/{blobname}.json" in text
    assert f"account {connection}" in text


@pytest.mark.parametrize("kind", ["warmupTrigger", "timerTrigger"])
def test_functions_that_nobody_calls_are_left_out(tmp_path: Path, kind: str) -> None:
    binding = {"type": kind, "direction": "IN", "name": "x"}
    run = runs.app_run(tmp_path, runs.function(runs.BLOB, name="warm_up", bindings=[binding]))

    assert "warm_up" not in describe(run)


def test_curl_line_survives_quotes(tmp_path: Path) -> None:
    run = runs.app_run(tmp_path)

    assert """-d 'it'"'"'s'""" in curl_line(run, run.functions[0], "it's")


def test_the_packaged_sample_is_what_a_line_sends(tmp_path: Path) -> None:
    run = runs.app_run(tmp_path)
    run.app.mkdir()
    (run.app / "sample_input.json").write_text('{"mine": 1}')

    assert """-d '{"mine": 1}'""" in describe(run)
    (run.app / "sample_input.json").write_text("1" * 2000)
    assert SAMPLE in describe(run).replace("'\"'\"'", "'")


def test_what_is_only_read_is_not_posted_to(tmp_path: Path) -> None:
    trigger = {**runs.HTTP["bindings"][0], "methods": ["GET"]}
    function = runs.function(runs.HTTP, bindings=[trigger])

    assert curl_line(runs.app_run(tmp_path), function, "x") == (
        "curl -s http://127.0.0.1:41234/api/score -H 'x-functions-key: k3y'"
    )
