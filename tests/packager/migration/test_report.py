from packager.migration.report import Finding, MigrationReport


def finding(verdict="works as is", **said) -> Finding:
    return Finding(file="a.py", line=3, name="azureml.core", verdict=verdict, **said)


def test_places_of_scripts_and_notebooks():
    assert finding().place == "a.py:3"
    assert finding(cell=2).place == "a.py:cell 2:3"


def test_a_finding_shows_the_line_to_write():
    assert str(finding("works with a change", note="why", write="x = 1")) == (
        "a.py:3  azureml.core  works with a change: why\n    x = 1"
    )
    assert str(finding()) == "a.py:3  azureml.core  works as is"


def test_one_that_is_not_supported_decides():
    good = MigrationReport(files=["a.py"], findings=[finding(), finding("has no meaning here")])
    bad = MigrationReport(files=["a.py"], findings=[finding(), finding("not supported")])

    assert (good.supported, bad.supported) == (True, False)
    assert good.counts == {"works as is": 1, "has no meaning here": 1}
    assert bad.as_json()["findings"][1]["verdict"] == "not supported"
