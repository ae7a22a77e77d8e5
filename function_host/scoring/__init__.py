"""Turn a scoring script into a function app that runs on any functions host.

The app holds one function per trigger and a warm-up function that runs init(). This host runs warm-ups before it
opens its port; on a host that does not, the first event runs init().
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

import azure.functions as func
from azure.functions.warmup import WarmUpContext

from function_host.scoring import azureml_shim
from function_host.scoring.errors import EntryScriptError
from function_host.scoring.scorer import Scorer
from function_host.scoring.web_service import declare_description, declare_web_service
from triggers.registry import by_name

__all__ = ["EntryScriptError", "ScoringApp", "scoring_app", "web_service_app"]


class ScoringApp(func.FunctionApp):
    """A function app around one scoring script."""

    def __init__(self, scorer: Scorer) -> None:
        super().__init__()
        self._scorer = scorer

    def load(self) -> None:
        """Import the script and run init(), on this thread and before there are others; raises EntryScriptError."""
        self._scorer.load()

    @property
    def started_in(self) -> tuple[float, float] | None:
        """Seconds that the import of the script and its init() took; None before it has started."""
        return self._scorer.started_in

    def sample(self) -> str | None:
        """An input that run() can be asked with, if one is known."""
        return self._scorer.sample()


def scoring_app(
    app_file: str, *, entry_script: str, model_dir: str, **triggers: Mapping[str, object]
) -> func.FunctionApp:
    """An app whose functions answer with `entry_script`: one for each of `triggers`, by name, with its options.

    Both paths are relative to the folder of `app_file`. Raises UnknownTrigger and InvalidOptions.
    """
    app, scorer = _app(app_file, entry_script, model_dir)
    for name, options in triggers.items():
        by_name(name).options(**options).declare(app, scorer)
    if "http" in triggers:
        declare_description(app, scorer, triggers["http"])
    return app


def web_service_app(app_file: str, *, entry_script: str, model_dir: str) -> func.FunctionApp:
    """An app that answers `/`, `/score` and `/swagger.json` as the scoring server did.

    Its host.json must set no route prefix; both paths are as in scoring_app().
    """
    app, scorer = _app(app_file, entry_script, model_dir)
    declare_web_service(app, scorer)
    return app


def _app(app_file: str, entry_script: str, model_dir: str) -> tuple[func.FunctionApp, Scorer]:
    root = Path(app_file).resolve().parent
    script, source = root / entry_script, root / _source(entry_script)
    _prepare(root, source, script, root / model_dir)
    scorer = Scorer(script, root, source)
    app = ScoringApp(scorer)

    @app.function_name("warm_up")
    @app.warm_up_trigger(arg_name="warmup")
    async def warm_up(warmup: WarmUpContext) -> None:
        await scorer.start()

    return app, scorer


def _source(entry_script: str) -> str:
    """The folder with the script's project: the first one on the way to it, or the app's own."""
    return Path(entry_script).parts[0] if len(Path(entry_script).parts) > 1 else ""


def _prepare(root: Path, source: Path, script: Path, model_dir: Path) -> None:
    """What scripts find around them: the app's folders in the environment, and modules beside the script."""
    os.environ["AZUREML_MODEL_DIR"] = str(model_dir)  # The app's own model, whatever the caller's shell had in mind.
    os.environ["AML_APP_ROOT"] = str(root)
    os.environ["AZUREML_SOURCE_DIRECTORY"] = os.path.relpath(source, root)
    os.environ["AZUREML_ENTRY_SCRIPT"] = os.path.relpath(script, root)
    for folder in (root, source):
        if str(folder) not in sys.path:
            sys.path.insert(0, str(folder))
    if str(script.parent) not in sys.path:
        # Last, because the scoring server did not look there at all.
        sys.path.append(str(script.parent))
    azureml_shim.install()
