"""ModelDataCollector: keeps what a model was asked and what it answered, a JSON object on each line of a file."""

import json
import logging
import os
import sys
import threading
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

_log = logging.getLogger("Scoring.DataCollection")

SWITCH = "AML_MODEL_DC_STORAGE_ENABLED"
FOLDER_SETTING = "AML_MODEL_DC_FOLDER"
_FOLDER = "modeldata"
_CORRELATION = "$aml_dc_correlation_id"
_TIMESTAMP = "$aml_dc_scoring_timestamp"


class ModelDataCollector:
    """Collects when the setting AML_MODEL_DC_STORAGE_ENABLED is true; otherwise it says so once and does nothing.

    The files are `<AML_MODEL_DC_FOLDER>/<service>/<model>/<designation>/<year>/<month>/<day>/data.jsonl`; without
    that setting, below the folder `modeldata` of the app.
    """

    def __init__(
        self,
        model_name: str,
        designation: str = "default",
        feature_names: Sequence[str] | None = None,
        workspace: str = "default/default/default",
        webservice_name: str | None = None,
        **_retired: object,
    ) -> None:
        """`feature_names` name the columns of what is collected; other arguments of the old one are taken, unused."""
        self._feature_names = list(feature_names or ())
        root = os.environ.get(FOLDER_SETTING) or str(Path(os.environ.get("AML_APP_ROOT", ".")) / _FOLDER)
        service = webservice_name or os.environ.get("SERVICE_NAME", "default")
        self._folder = Path(root, *(_one_name(part) for part in (service, model_name, designation)))
        self._is_on = os.environ.get(SWITCH, "").lower() == "true"
        self._lock = threading.Lock()
        if not self._is_on:
            _log.info("Data of model %r is not collected; set %s to true to collect it.", model_name, SWITCH)

    def collect(self, input_data: object, user_correlation_id: str = "") -> dict[str, str] | None:
        """Append `input_data`, an array, a data frame, a list or one value; gives back what add_correlations() takes.

        None when nothing was written: a folder that cannot be written to is logged and stops the collecting. It
        never stops the script.
        """
        if not self._is_on:
            return None
        now = datetime.now(UTC)
        correlations = {_CORRELATION: user_correlation_id or str(uuid.uuid4()), _TIMESTAMP: now.isoformat()}
        line = {**correlations, "data": self._rows(input_data)}
        try:
            self._append(self._folder / now.strftime("%Y/%m/%d") / "data.jsonl", json.dumps(line, default=str))
        except OSError as error:
            self._is_on = False
            _log.warning("Data is not collected any more: %s cannot be written to (%s).", self._folder, error.strerror)
            return None
        return correlations

    def add_correlations(self, input_data: Any, correlations: Mapping[str, str] | None) -> Any:
        """`input_data` with the id and time of another collect() at the end of each row."""
        if correlations is None:
            return input_data
        if hasattr(input_data, "assign"):
            return input_data.assign(**correlations)
        values = list(correlations.values())
        if hasattr(input_data, "tolist"):
            numpy = sys.modules["numpy"]
            rows = numpy.atleast_2d(input_data)
            return numpy.append(rows, [values] * len(rows), axis=1)
        return [*input_data, *values]

    def _append(self, path: Path, line: str) -> None:
        with self._lock:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("a", encoding="utf-8") as file:
                file.write(f"{line}\n")

    def _rows(self, data: Any) -> Any:
        if hasattr(data, "to_dict"):
            return data.to_dict(orient="records")
        rows = data.tolist() if hasattr(data, "tolist") else data
        if not isinstance(rows, list):
            return rows
        is_table = any(isinstance(row, list | tuple) for row in rows)
        return [self._named(row) for row in rows] if is_table else self._named(rows)

    def _named(self, row: Any) -> Any:
        """The columns behind those with names are what add_correlations() made."""
        names = self._feature_names
        for more in ([], [_CORRELATION, _TIMESTAMP]):
            if names and isinstance(row, list | tuple) and len(row) == len(names) + len(more):
                return dict(zip([*names, *more], row, strict=True))
        return row


def _one_name(text: str) -> str:
    """A name becomes one folder, whatever is in it."""
    name = text.replace("/", "_").replace("\\", "_")
    return f"_{name}" if name in ("", ".", "..") else name
