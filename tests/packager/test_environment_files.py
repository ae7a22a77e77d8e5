import pytest

from packager import InvalidEnvironment
from packager.environment_files import read_conda_file, read_requirements


@pytest.fixture
def write(tmp_path):
    def write(text: str, name: str = "requirements.txt"):
        file = tmp_path / name
        file.write_text(text)
        return file

    return write


def test_comments_blank_lines_and_continuations(write):
    file = write("# all of it\nnumpy == 1.26.4  # pinned\n\nscikit-learn \\\n  >=1.5\njoblib\n")

    assert read_requirements(file).requirements == ["numpy==1.26.4", "scikit-learn>=1.5", "joblib"]


def test_included_files_are_read_in_place(write, tmp_path):
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "base.txt").write_text("numpy\n-r deeper.txt\n")
    (tmp_path / "more" / "deeper.txt").write_text("scipy\n")

    parsed = read_requirements(write("-r more/base.txt\njoblib\n"))

    assert parsed.requirements == ["numpy", "scipy", "joblib"]


def test_a_file_that_includes_itself_is_refused(write):
    with pytest.raises(InvalidEnvironment, match="includes itself"):
        read_requirements(write("-r requirements.txt\n"))


def test_markers_extras_and_urls_are_kept(write):
    file = write(
        'uvicorn[standard]>=0.30\ntomli; python_version < "3.11"\nmine @ https://example.com/mine-1-py3-none-any.whl\n'
    )

    assert read_requirements(file).requirements == [
        "uvicorn[standard]>=0.30",
        'tomli; python_version < "3.11"',
        "mine @ https://example.com/mine-1-py3-none-any.whl",
    ]


def test_hashes_are_left_out_with_a_note(write, caplog):
    file = write("numpy==1.26.4 \\\n    --hash=sha256:aaaa \\\n    --hash=sha256:bbbb\n")

    assert read_requirements(file).requirements == ["numpy==1.26.4"]
    assert "--hash" in caplog.text


@pytest.mark.parametrize("line", ["numpy 1.26", "./local/package", "numpy=1.26"])
def test_a_bad_line_is_named_with_its_place(write, line):
    with pytest.raises(InvalidEnvironment, match=r"line 2: .* is not a requirement"):
        read_requirements(write(f"joblib\n{line}\n"))


@pytest.mark.parametrize("line", ["-e .", "--editable=../lib"])
def test_what_no_image_can_follow_is_refused(write, line):
    with pytest.raises(InvalidEnvironment, match=r"line 1: .* cannot go into an image"):
        read_requirements(write(f"{line}\n"))


@pytest.mark.parametrize("line", ["-c constraints.txt", "--constraint=constraints.txt", "-cconstraints.txt"])
def test_constraints_are_refused_with_what_to_do(write, line):
    with pytest.raises(InvalidEnvironment, match=r"line 2: .* is not followed.*Name the packages with"):
        read_requirements(write(f"numpy\n{line}\n"))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InvalidEnvironment, match=r"requirements file .*none\.txt cannot be read"):
        read_requirements(tmp_path / "none.txt")


CONDA = """
name: old
channels: [conda-forge]
dependencies:
  - python=3.11.9
  - pip
  - conda-forge::numpy=1.26
  - pip:
    - -r requirements.txt
    - azureml-defaults
variables:
  LEVEL: debug
"""


def test_a_conda_file(write):
    write("joblib\n")

    parsed = read_conda_file(write(CONDA, "env.yml"))

    assert parsed.python_version == "3.11"
    assert parsed.conda_packages == ["conda-forge::numpy=1.26"]
    assert parsed.pip.requirements == ["joblib", "azureml-defaults"]
    assert parsed.variables == {"LEVEL": "debug"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("dependancies: []", "unknown key 'dependancies'"),
        ("dependencies: numpy", "'dependencies' must be a list"),
        ("dependencies: [{npm: [x]}]", "neither a package nor a 'pip:' list"),
        ("variables: [a]", "'variables' must be a table"),
        ("[", "cannot be read"),
        ("just text", "must hold keys"),
    ],
)
def test_a_bad_conda_file_says_what_is_bad(write, text, words):
    with pytest.raises(InvalidEnvironment, match=words):
        read_conda_file(write(text, "env.yml"))


def test_python_without_a_version_leaves_the_choice(write):
    assert read_conda_file(write("dependencies: [python]", "env.yml")).python_version is None
