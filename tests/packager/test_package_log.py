import logging

from packager.package_log import PackageLog


def test_lines_are_kept_and_passed_on(caplog):
    heard: list[str] = []
    kept = PackageLog(heard.append)

    with caplog.at_level(logging.WARNING):
        kept("one")
        kept.warn("careful")

    assert kept.text == "one\nWarning: careful\n"
    assert heard == ["one"]
    assert [(record.name, record.message) for record in caplog.records] == [("packager.package", "careful")]
