"""Tests function_host/scoring/__init__.py."""

import pytest

from function_host.scoring import scoring_app
from triggers.errors import InvalidOptions, UnknownTrigger

SCORE = """
    import os
    from pathlib import Path

    import helper

    def init():
        global model
        model = Path(os.environ["AZUREML_MODEL_DIR"], "weights.txt").read_text()

    def run(data):
        return [model, data, helper.NAME]
    """
APP = {
    "function_app.py": """
        from function_host.scoring import scoring_app

        app = scoring_app(__file__, entry_script="azureml-app/score.py", model_dir="azureml-models/m/1", http={})
        """,
    "azureml-app/score.py": SCORE,
    "azureml-app/helper.py": "NAME = 'beside'",
    "azureml-models/m/1/weights.txt": "w",
}


async def test_the_script_finds_its_model_and_the_modules_beside_it(write_app, serve):
    host, client = await serve(write_app(APP))
    answer = await client.post("/api/score", content=b"x", headers={"x-functions-key": await host.keys.host_key()})
    assert answer.json() == ["w", "x", "beside"]


async def test_a_script_in_a_folder_finds_the_modules_of_its_project_and_those_beside_it(write_app, serve):
    app = {
        "function_app.py": """
            from function_host.scoring import scoring_app

            http = {"auth_level": "anonymous"}
            app = scoring_app(__file__, entry_script="azureml-app/code/score.py", model_dir="m", http=http)
            """,
        "azureml-app/project_helper.py": "NAME = 'project'",
        "azureml-app/code/near_helper.py": "NAME = 'near'",
        "azureml-app/code/score.py": """
            import os

            import near_helper
            import project_helper

            def init():
                pass

            def run(data):
                names = ("AZUREML_SOURCE_DIRECTORY", "AZUREML_ENTRY_SCRIPT")
                return [project_helper.NAME, near_helper.NAME, *(os.environ[name] for name in names)]
            """,
    }
    _, client = await serve(write_app(app))
    answer = await client.post("/api/score", content=b"")
    assert answer.json() == ["project", "near", "azureml-app", "azureml-app/code/score.py"]


async def test_an_http_function_needs_a_key_unless_told_otherwise(write_app, serve):
    open_app = {**APP, "function_app.py": APP["function_app.py"].replace("http={}", 'http={"auth_level": "anonymous"}')}
    _, client = await serve(write_app(open_app))
    assert (await client.post("/api/score", content=b"x")).status_code == 200


def test_an_unknown_trigger_is_refused_with_the_known_ones(tmp_path):
    with pytest.raises(UnknownTrigger, match=r"'pigeon'; the valid ones are .*http"):
        scoring_app(str(tmp_path / "function_app.py"), entry_script="score.py", model_dir="m", pigeon={})


def test_bad_options_are_refused(tmp_path):
    with pytest.raises(InvalidOptions, match="'everyone' is not one of anonymous, function, admin"):
        scoring_app(
            str(tmp_path / "function_app.py"), entry_script="score.py", model_dir="m", http={"auth_level": "everyone"}
        )
