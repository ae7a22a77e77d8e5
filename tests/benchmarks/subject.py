"""What the benchmarks measure: the diabetes example, staged in its two forms."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import joblib

from packager import Environment, InferenceConfig, LocalModelRegistry, Model, package

EXAMPLE = Path(__file__).parents[2] / "examples" / "diabetes"
BODY = '{"data": [[1,2,3,4,5,6,7,8,9,10],[10,9,8,7,6,5,4,3,2,1]]}'


@dataclass(frozen=True, kw_only=True)
class Subject:
    """The trained model and the two function apps around it."""

    model_dir: Path
    functions: Path
    web_service: Path

    @property
    def model(self) -> Any:
        return joblib.load(self.model_dir / "model.joblib")


def staged(folder: Path) -> Subject:
    """Train the example's model and stage it below `folder` as functions (HTTP and blob) and as a web service."""
    sys.path.insert(0, str(EXAMPLE))
    from train import train

    model_file = train(folder / "model")
    model = Model.register(LocalModelRegistry(folder / "models"), model_path=model_file, model_name="diabetes")
    config = InferenceConfig(
        entry_script="score.py", source_directory=str(EXAMPLE), environment=Environment("benchmark")
    )
    functions, web_service = folder / "functions", folder / "web-service"
    triggers: dict[str, dict[str, object]] = {"http": {}, "blob": {}}
    package(None, [model], config, True, True, triggers=triggers, context=functions, proof=False)  # noqa: FBT003 - the retired order
    package(None, [model], config, True, context=web_service, proof=False)  # noqa: FBT003 - the retired order
    return Subject(model_dir=model_file.parent, functions=functions, web_service=web_service)


def table(title: str, heads: list[str], rows: list[list[str]]) -> str:
    """A table for people: columns as wide as their widest cell, first one to the left, the others to the right."""
    widths = [max(len(row[i]) for row in [heads, *rows]) for i in range(len(heads))]
    lines = ["  ".join(_cell(cell, i, widths[i]) for i, cell in enumerate(row)) for row in [heads, *rows]]
    return "\n".join([title, *lines, ""])


def _cell(text: str, column: int, width: int) -> str:
    return text.ljust(width) if column == 0 else text.rjust(width)
