import pytest

from packager import Environment, InferenceConfig
from packager.request import check_request
from packager.staging.context import stage
from packager.staging.private_wheels import bring_wheels
from tests.packager.wheels import add_wheel


@pytest.fixture
def wheels(tmp_path):
    folder = tmp_path / "my wheels"
    folder.mkdir()
    add_wheel(folder, "mine", "py3-none-any", "Helper_Lib>=1")
    add_wheel(folder, "helper_lib", "py3-none-any")
    add_wheel(folder, "secret", "py3-none-any")
    (folder / "odd.whl").write_text("")
    return folder


@pytest.mark.parametrize("option", ["--find-links {}", "-f {}", "--find-links=file://{}"])
def test_what_is_named_and_what_that_requires_come_along(wheels, tmp_path, option):
    text = bring_wheels(f"{option.format(wheels)}\nmine==1.0\n", tmp_path)

    assert text == "--find-links private-wheels\nmine==1.0\n"
    assert sorted(path.name for path in (tmp_path / "private-wheels").iterdir()) == [
        "helper_lib-1.0-py3-none-any.whl",
        "mine-1.0-py3-none-any.whl",
    ]


@pytest.mark.parametrize("text", ["numpy\n", "--find-links https://example.com/wheels\nnumpy\n"])
def test_nothing_else_is_changed(tmp_path, text):
    assert bring_wheels(text, tmp_path) == text
    assert not (tmp_path / "private-wheels").exists()


def test_a_context_names_no_folder_of_this_machine(source, wheels, tmp_path):
    environment = Environment("e")
    kept = Environment.add_private_pip_wheel(None, wheels / "mine-1.0-py3-none-any.whl")
    environment.python.conda_dependencies.add_pip_package(kept)
    config = InferenceConfig("score.py", source_directory=source, environment=environment)

    folder = stage(check_request([], config, {}), tmp_path / "out").folder

    assert str(tmp_path) not in (folder / "requirements.txt").read_text()
    assert (folder / "private-wheels" / "mine-1.0-py3-none-any.whl").is_file()
    lines = (folder / "Dockerfile").read_text().splitlines()
    assert (
        lines.index("COPY private-wheels/ /wheels/private-wheels/") == lines.index("COPY requirements.txt /wheels/") + 1
    )
