import sys
from types import SimpleNamespace

import pytest

from packager import InvalidPackageRequest
from packager.azureml.scoring import AMLRequest, AMLResponse, ModelDataCollector, joblib_name, rawhttp


def test_run_stays_what_it_was():
    def run(request):
        return request

    assert rawhttp(run) is run


def test_a_request_cannot_be_made():
    with pytest.raises(InvalidPackageRequest, match="sample_input"):
        AMLRequest({})
    assert not isinstance("text", AMLRequest)


def test_an_answer_can_be_looked_at():
    answer = AMLResponse({"a": 1}, 201, {"x-mine": "1"}, json_str=True)

    assert (answer.status_code, answer.headers, answer.json, answer.data) == (
        201,
        {"x-mine": "1"},
        {"a": 1},
        '{"a": 1}',
    )
    assert AMLResponse("no", 400).data == "no"


def test_nothing_is_collected():
    collector = ModelDataCollector("m", designation="inputs")

    assert collector.collect([1]) is None
    assert collector.add_correlations([1], None) == [1]


def test_joblib_is_looked_up_when_it_is_used(monkeypatch):
    monkeypatch.setitem(sys.modules, "joblib", SimpleNamespace(load=7))

    assert joblib_name("load") == 7
