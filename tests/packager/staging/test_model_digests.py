import subprocess

from packager.staging.model_digests import write_digests


def test_the_digests_are_those_that_sha256sum_checks(tmp_path):
    for name in ("b.bin", "folder/a.bin", "odd\nname"):
        path = tmp_path / "digits" / "2" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)

    write_digests(tmp_path / "digits" / "2")

    record = tmp_path / "digits" / "2.sha256"
    assert [line.partition("  ")[2] for line in record.read_text().splitlines()] == ["2/b.bin", "2/folder/a.bin"]
    subprocess.run(["sha256sum", "--check", "--strict", record.name], cwd=record.parent, check=True)
