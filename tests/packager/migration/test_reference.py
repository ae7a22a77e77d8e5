from packager.migration.reference import markdown
from packager.migration.table import table
from tests.architecture.sources import ROOT


def test_the_page_is_complete_and_true():
    page = (ROOT / "docs/reference/retired-api.md").read_text()

    assert page.endswith(markdown(table()))


def test_a_row_says_what_to_write():
    assert "| `Model.get_sas_urls()` | refused | a registry may be a folder; write `path = " in markdown(table())
