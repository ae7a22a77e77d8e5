import os

import pytest

from packager import StagingError
from packager.staging.copying import IgnoreRules, Size, copy_tree, make_readable, sizes


@pytest.fixture
def tree(tmp_path):
    folder = tmp_path / "tree"
    for name in ("a.py", "data/raw/big.csv", "data/small.csv", "__pycache__/a.pyc", ".git/HEAD", "deep/er/b.pyc"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    return folder


def copied(source, target, rules=None, excluded=()) -> list[str]:
    copy_tree(source, target, rules or IgnoreRules.of(source), lambda path: path in excluded)
    return sorted(path.relative_to(target).as_posix() for path in target.rglob("*") if path.is_file())


def test_caches_and_repositories_stay_behind(tree, tmp_path):
    assert copied(tree, tmp_path / "out") == ["a.py", "data/raw/big.csv", "data/small.csv"]


@pytest.mark.parametrize("name", [".amlignore", ".packagerignore"])
def test_ignore_files(tree, tmp_path, name):
    (tree / name).write_text("# data\ndata/raw/\n\n*.md\n")
    (tree / "README.md").write_text("")

    assert copied(tree, tmp_path / "out") == ["a.py", "data/small.csv"]


def test_our_own_ignore_file_wins(tree, tmp_path):
    (tree / ".amlignore").write_text("*.py\n")
    (tree / ".packagerignore").write_text("data\n")

    assert copied(tree, tmp_path / "out") == ["a.py"]


def test_patterns_are_those_of_gitignore(tree, tmp_path):
    (tree / ".gitignore").write_text("**/raw/\n*.csv\n!small.csv\n!.git\n")

    assert copied(tree, tmp_path / "out") == ["a.py", "data/small.csv"]


def test_the_retired_ignore_file_wins_over_gits(tree, tmp_path):
    (tree / ".gitignore").write_text("*.py\n")
    (tree / ".amlignore").write_text("data\n")

    assert copied(tree, tmp_path / "out") == ["a.py"]


def test_a_pattern_that_cannot_be_read_is_named_with_its_line(tree):
    (tree / ".amlignore").write_text("*.csv\n!\n")

    with pytest.raises(StagingError, match=r"\.amlignore, line 2: '!' is not a pattern of gitignore"):
        IgnoreRules.of(tree)


def test_the_mark_of_utf_8_is_no_pattern(tree, tmp_path):
    (tree / ".packagerignore").write_text("data\n", encoding="utf-8-sig")

    assert copied(tree, tmp_path / "out") == ["a.py"]


def test_an_ignore_file_in_another_encoding_is_named_with_the_way_out(tree):
    (tree / ".packagerignore").write_text("data\n", encoding="utf-16")

    with pytest.raises(
        StagingError, match=r"\.packagerignore is not UTF-8 \(the byte at 0 is 0xff\); save it as UTF-8"
    ):
        IgnoreRules.of(tree)


def test_sizes_are_those_of_whole_folders_the_biggest_first(tree):
    (tree / "data" / "raw" / "big.csv").write_bytes(b"x" * 5000)

    first, second, *_ = sizes(tree)

    assert first == Size(name="data/", size=5000 + len("data/small.csv"))
    assert second.size < 100


def test_excluded_paths_are_not_copied(tree, tmp_path):
    assert copied(tree, tmp_path / "out", excluded=[tree / "data"]) == ["a.py"]


def test_links_are_followed(tree, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "w.bin").write_text("w")
    (tree / "linked").symlink_to(tmp_path / "elsewhere")

    assert "linked/w.bin" in copied(tree, tmp_path / "out")
    assert not (tmp_path / "out" / "linked").is_symlink()


def test_a_link_in_a_circle_is_refused(tree, tmp_path):
    (tree / "data" / "up").symlink_to(tree)

    with pytest.raises(StagingError, match="link to a folder that holds it"):
        copied(tree, tmp_path / "out")


def test_a_broken_link_is_named(tree, tmp_path):
    (tree / "gone").symlink_to(tmp_path / "nowhere")

    with pytest.raises(StagingError, match="gone is a broken link"):
        copied(tree, tmp_path / "out")


def test_anybody_may_read_the_result(tree):
    (tree / "a.py").chmod(0o600)
    (tree / "data").chmod(0o700)

    make_readable(tree)

    assert (tree / "a.py").stat().st_mode & 0o777 == 0o644
    assert (tree / "data").stat().st_mode & 0o777 == 0o755


def test_a_name_that_is_not_utf_8_is_refused_by_name(tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    (source / os.fsdecode(b"caf\xe9.txt")).write_bytes(b"x")

    with pytest.raises(StagingError, match=r"caf\\xe9\.txt' is not UTF-8.*rename it or ignore it"):
        copy_tree(source, tmp_path / "target", IgnoreRules())


def test_programs_stay_programs(tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    for name, mode in (("run.sh", 0o4700), ("data", 0o600)):
        (source / name).write_text("x")
        (source / name).chmod(mode)

    copy_tree(source, tmp_path / "out", IgnoreRules.of(source))
    make_readable(tmp_path / "out")

    assert (tmp_path / "out" / "run.sh").stat().st_mode & 0o7777 == 0o755
    assert (tmp_path / "out" / "data").stat().st_mode & 0o7777 == 0o644
