"""A staged function app around a scoring script of a few lines."""

from pathlib import Path

from packager import Environment, InferenceConfig, package

ADDS_UP = """
import json


def init():
    global ready
    ready = True


def run(raw_data):
    return {"sum": sum(json.loads(raw_data)["data"]), "ready": ready}
"""


def staged(folder: Path, script: str = ADDS_UP) -> Path:
    """A function app in `folder/app` whose HTTP and blob functions run `script`."""
    source = folder / "source"
    source.mkdir(parents=True)
    (source / "score.py").write_text(script)
    config = InferenceConfig(entry_script="score.py", source_directory=str(source), environment=Environment("adds-up"))
    context = folder / "app"
    triggers: dict[str, dict[str, object]] = {"http": {}, "blob": {}}
    package(
        None,
        [],
        config,
        generate_dockerfile=True,
        functions_enabled=True,
        triggers=triggers,
        context=context,
        proof=False,
    )
    return context
