import pytest

from packager import InferenceConfig, InvalidEntryScript, InvalidPackageRequest


def test_the_scripts_folder_is_the_source_directory(source, monkeypatch):
    monkeypatch.chdir(source)

    config = InferenceConfig("score.py")

    assert config.source_directory == source
    assert config.entry_script == "score.py"
    assert config.script == source / "score.py"


def test_a_script_in_a_folder_below_the_source_directory(source):
    (source / "app").mkdir()
    (source / "score.py").rename(source / "app" / "score.py")

    assert InferenceConfig("app/score.py", source_directory=source).entry_script == "app/score.py"


def test_a_script_given_by_its_absolute_path(source):
    assert InferenceConfig(source / "score.py", source_directory=source).entry_script == "score.py"


def test_a_missing_script_is_named(source):
    with pytest.raises(InvalidPackageRequest, match=r"'scor\.py' is not a file in "):
        InferenceConfig("scor.py", source_directory=source)


def test_an_empty_name_is_refused():
    with pytest.raises(InvalidPackageRequest, match="entry_script is empty"):
        InferenceConfig("")
    with pytest.raises(InvalidPackageRequest, match="entry_script is empty"):
        InferenceConfig(None)
    with pytest.raises(InvalidPackageRequest, match="entry_script 7 is not a path"):
        InferenceConfig(7)


def test_a_missing_source_directory_is_named(tmp_path):
    with pytest.raises(InvalidPackageRequest, match=r"source_directory '.*nowhere' is not a folder"):
        InferenceConfig("score.py", source_directory=tmp_path / "nowhere")


def test_a_script_outside_of_the_source_directory_is_refused(source):
    (source / "inner").mkdir()

    with pytest.raises(InvalidPackageRequest, match="lies outside of source_directory"):
        InferenceConfig("../score.py", source_directory=source / "inner")


@pytest.mark.parametrize(
    ("name", "words"), [("score.txt", "ends with '.py'"), ("my-score.py", "not a valid module"), ("class.py", "class")]
)
def test_a_name_that_cannot_be_imported_is_refused(source, name, words):
    (source / name).write_text("def init(): ...\ndef run(data): ...\n")

    with pytest.raises(InvalidPackageRequest, match=words):
        InferenceConfig(name, source_directory=source)


@pytest.mark.parametrize("name", ["triggers", "function_host"])
@pytest.mark.parametrize("is_folder", [True, False])
def test_users_modules_that_would_hide_ours_are_refused_by_name(source, name, is_folder):
    if is_folder:
        (source / name).mkdir()
    else:
        (source / f"{name}.py").write_text("")

    with pytest.raises(InvalidPackageRequest, match=f"hide the module '{name}'"):
        InferenceConfig("score.py", source_directory=source)


def test_what_is_left_behind_hides_nothing(source):
    (source / "triggers").mkdir()
    (source / ".packagerignore").write_text("triggers/\n")

    assert InferenceConfig("score.py", source_directory=source).source_directory == source


def test_the_script_is_checked_again_on_demand(source):
    config = InferenceConfig("score.py", source_directory=source)
    (source / "score.py").write_text("def init(: ...")

    with pytest.raises(InvalidEntryScript, match="SyntaxError"):
        config.validate_configuration()


def test_calls_that_need_the_retired_service_are_refused(source):
    config = InferenceConfig("score.py", source_directory=source)

    config.validation_script_content()
    with pytest.raises(InvalidPackageRequest, match=r"build_create_payload\(\) is not possible"):
        config.build_create_payload(None, "name", [])
    with pytest.raises(InvalidPackageRequest, match=r"build_profile_payload\(\) is not possible"):
        config.build_profile_payload("name", models=[])
