import json
import logging

import numpy as np
import pandas as pd
import pytest

from function_host.scoring.data_collector import FOLDER_SETTING, SWITCH, ModelDataCollector


@pytest.fixture
def lines(tmp_path, monkeypatch):
    monkeypatch.setenv(SWITCH, "true")
    monkeypatch.setenv(FOLDER_SETTING, str(tmp_path / "data"))

    def read():
        files = sorted((tmp_path / "data").rglob("data.jsonl"))
        return [json.loads(line) for file in files for line in file.read_text().splitlines()]

    return read


@pytest.mark.parametrize(
    ("data", "kept"),
    [
        (np.array([[1.5, 2]]), [{"a": 1.5, "b": 2.0}]),
        (pd.DataFrame({"x": [1]}), [{"x": 1}]),
        ([[1, 2], [3, 4]], [{"a": 1, "b": 2}, {"a": 3, "b": 4}]),
        ([5, 6], {"a": 5, "b": 6}),
        ([5], [5]),
        ("text", "text"),
        (np.float32(1.5), 1.5),
    ],
)
def test_rows_get_the_names_of_their_columns(lines, data, kept):
    assert ModelDataCollector("m", feature_names=["a", "b"]).collect(data, "id")
    assert [(line["data"], line["$aml_dc_correlation_id"]) for line in lines()] == [(kept, "id")]


def test_each_model_and_designation_has_a_folder_of_its_own(lines, tmp_path):
    ModelDataCollector("m", designation="inputs").collect([1])
    ModelDataCollector("../m", designation="predictions", webservice_name="s").collect([2])
    folders = {path.relative_to(tmp_path / "data").parts[:3] for path in (tmp_path / "data").rglob("data.jsonl")}
    assert folders == {("default", "m", "inputs"), ("s", ".._m", "predictions")}
    assert len(lines()) == 2


def test_nothing_is_collected_unless_asked_for(tmp_path, monkeypatch, caplog):
    monkeypatch.delenv(SWITCH, raising=False)
    monkeypatch.setenv(FOLDER_SETTING, str(tmp_path))
    with caplog.at_level(logging.INFO):
        assert ModelDataCollector("m").collect([1]) is None
    assert "is not collected; set AML_MODEL_DC_STORAGE_ENABLED to true" in caplog.text
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_to_stops_the_collecting_only(tmp_path, lines, caplog):
    (tmp_path / "data").write_text("a file is in the way")
    collector = ModelDataCollector("m")
    assert [collector.collect([1]), collector.collect([2])] == [None, None]
    assert caplog.text.count("is not collected any more") == 1


def test_predictions_may_carry_the_id_of_their_inputs(lines):
    inputs = ModelDataCollector("m", designation="inputs", feature_names=["a", "b"])
    predictions = ModelDataCollector("m", designation="predictions", feature_names=["y"])
    correlations = inputs.collect(np.array([[1, 2]]))
    for data in (np.array([1.5]), [1.5], pd.DataFrame({"y": [1.5]})):
        predictions.collect(predictions.add_correlations(data, correlations))
    told = [line["data"] for line in lines()][1:]
    rows = [row for data in told for row in (data if isinstance(data, list) else [data])]
    assert {row["$aml_dc_correlation_id"] for row in rows} == {correlations["$aml_dc_correlation_id"]}
    assert {str(row["y"]) for row in rows} == {"1.5"}


def test_without_correlations_data_stays_as_it_is():
    assert ModelDataCollector("m").add_correlations([1], None) == [1]
