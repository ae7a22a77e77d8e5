"""Requests are read from the log as Azurite writes it."""

from datetime import UTC, datetime
from urllib.parse import quote

import pytest

from tests.benchmarks.access_log import requests

RECEIPT = quote('azure-webjobs-hosts/blobreceipts/h/Host.Functions.f/"0x1"/input/a b.json')


def line(method: str, url: str, status: str = "201 -") -> str:
    start = "127.0.0.1 - - [21/Nov/2026:15:32:13 +0000]"
    return f'{start} "{method} /devstoreaccount1/{url} HTTP/1.1" {status}\n'


@pytest.mark.parametrize(
    ("method", "url", "operation"),
    [
        ("PUT", "input/a%20b.json", "PUT input"),
        ("GET", "input?comp=list&maxresults=5000&restype=container", "list input"),
        ("PUT", RECEIPT, "PUT receipt"),
        ("PUT", "azure-webjobs-hosts/locks/h/x?comp=lease", "PUT lease"),
        ("POST", "azure-webjobs-blobtrigger-h/messages", "POST control queue"),
        ("GET", "elsewhere/x", "GET elsewhere"),
    ],
)
def test_each_request_is_told_by_what_it_was_about(tmp_path, method, url, operation):
    (tmp_path / "log").write_text("Azurite Blob service is closing...\n" + line(method, url))
    (found,) = requests(tmp_path / "log")
    assert found.operation == operation
    assert found.at == datetime(2026, 11, 21, 15, 32, 13, tzinfo=UTC)


def test_paths_are_decoded_and_an_answer_that_broke_off_counts_for_nothing(tmp_path):
    (tmp_path / "log").write_text(line("PUT", RECEIPT) + line("PUT", "output/x", "- -"))
    (found,) = requests(tmp_path / "log")
    assert (found.path.endswith('"0x1"/input/a b.json'), found.status) == (True, 201)


def test_only_what_came_after_the_mark_is_read(tmp_path):
    log = tmp_path / "log"
    log.write_text(line("GET", "input/a", "200 5"))
    mark = log.stat().st_size
    with log.open("a") as file:
        file.write(line("GET", "input/b", "200 5"))
    assert [one.path for one in requests(log, since=mark)] == ["input/b"]
