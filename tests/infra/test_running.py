import fcntl
from pathlib import Path

import pytest

from infra.errors import HostFailed, InvalidRunRequest
from infra.running import run


@pytest.fixture
def app(tmp_path: Path) -> Path:
    folder = tmp_path / "app"
    folder.mkdir()
    (folder / "host.json").write_text('{"version": "2.0"}')
    (folder / "function_app.py").write_text("import azure.functions as func\n\napp = func.FunctionApp()\n")
    return folder


def test_a_folder_that_is_no_app_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidRunRequest, match=r"no function app: it has no function_app\.py and no host\.json"):
        run(tmp_path)
    assert not (tmp_path.with_name(f"{tmp_path.name}.run")).exists()


def test_an_unknown_storage_is_refused(app: Path) -> None:
    with pytest.raises(InvalidRunRequest, match="'cloud'; the valid ones are folder and azurite"):
        run(app, storage="cloud")


def test_a_data_folder_belongs_to_one_run(app: Path, tmp_path: Path) -> None:
    with (tmp_path / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)

        with pytest.raises(InvalidRunRequest, match="Another run keeps its data"):
            run(app, data_dir=tmp_path)


@pytest.mark.process
def test_an_app_that_cannot_load_passes_on_code_and_words(app: Path, tmp_path: Path) -> None:
    (app / "function_app.py").write_text("raise RuntimeError('no model today')\n")
    heard: list[str] = []

    with pytest.raises(HostFailed) as caught:
        run(app, data_dir=tmp_path / "run", echo=heard.append)

    assert caught.value.returncode == 3
    assert "RuntimeError: no model today" in caught.value.output
    assert "".join(heard) == caught.value.output
    assert not (tmp_path / "run" / "run.json").exists()
