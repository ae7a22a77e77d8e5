import json
from pathlib import Path

import pytest

from infra.app_run import functions_of
from infra.errors import InvalidRunRequest
from infra.proof_app import _packaged_triggers, _storage_settings, copied
from tests.support import runs


@pytest.fixture
def app(tmp_path: Path) -> Path:
    folder = tmp_path / "app"
    for name in ("azureml-app", ".venv", "azureml-models/m/1", ".python_packages"):
        (folder / name).mkdir(parents=True)
    (folder / "azureml-app" / "score.py").write_text("original")
    (folder / "azureml-models" / "m" / "1" / "model").write_text("weights")
    (folder / "host.json").write_text("{}")
    return folder


def test_what_is_written_stays_in_the_copy(app: Path) -> None:
    with copied(app) as copy:
        (copy / "azureml-app" / "score.py").write_text("changed")
        (copy / "azureml-app" / "new").touch()
        (copy / "host.json").write_text("changed")
        with (copy / "azureml-models" / "m" / "1" / "model").open("a") as model:
            model.write(" and more")
        (copy / "azureml-models" / "m" / "1" / "cache.bin").touch()
        (copy / ".python_packages" / "written").touch()
        assert (copy / "azureml-models" / "m" / "1" / "model").read_text() == "weights and more"
        assert (copy / ".venv").is_symlink()

    assert not copy.parent.exists()
    assert (app / "azureml-app" / "score.py").read_text() == "original"
    assert [path.name for path in (app / "azureml-app").iterdir()] == ["score.py"]
    assert (app / "host.json").read_text() == "{}"
    assert not [*(app / ".python_packages").iterdir()]
    assert [path.name for path in (app / "azureml-models" / "m" / "1").iterdir()] == ["model"]
    assert (app / "azureml-models" / "m" / "1" / "model").read_text() == "weights"


@pytest.mark.parametrize(
    ("text", "found"),
    [('{"triggers": {"http": {}}}', {"http": {}}), ("{}", None), ("no json", None), ('{"triggers": 1}', None)],
)
def test_packaged_apps_say_their_triggers(tmp_path: Path, text: str, found: object) -> None:
    (tmp_path / "packager.json").write_text(text)

    assert _packaged_triggers(tmp_path) == found


def test_every_storage_account_that_is_named() -> None:
    blob = json.loads(json.dumps(runs.BLOB))
    blob["bindings"][0]["connection"] = "Mine"

    assert _storage_settings(functions_of([blob, runs.BUS])) == {"Mine"}


def test_an_app_that_cannot_be_copied_is_told(app: Path) -> None:
    (app / "azureml-app" / "pipe").symlink_to("nowhere")
    (app / "loop").symlink_to(app / "missing")

    with pytest.raises(InvalidRunRequest, match=r"cannot be copied to .*: No such file.*Let TMPDIR"), copied(app):
        pass
