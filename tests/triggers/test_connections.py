"""triggers.connections"""

from pathlib import Path

import pytest

from triggers.connections import find_connection, folder_of
from triggers.errors import ConnectionNotConfigured


def found(settings: dict[str, str], name: str = "C"):
    return find_connection(settings, name, default="AzureWebJobsStorage", wanted_by="function 'f'")


def test_the_order_of_names_is_azures():
    settings = {"ConnectionStrings:AzureWebJobsC": "1", "AzureWebJobsC": "2", "ConnectionStrings__C": "3", "C": "4"}
    for expected in "1234":
        connection = found(settings)
        assert connection.text == expected
        del settings[connection.setting]


def test_names_ignore_case_and_an_empty_value_does_not_count():
    assert found({"azurewebjobsc": "", "c": "x"}).text == "x"


def test_an_empty_name_means_the_default():
    assert found({"AzureWebJobsStorage": "x"}, "").text == "x"


def test_a_section_counts_as_existing():
    connection = found({"C__accountName": "acc", "C__credential": "managedidentity"})
    assert connection.text == ""
    assert connection.section == {"accountname": "acc", "credential": "managedidentity"}


def test_a_missing_setting_is_told_with_the_way_out():
    with pytest.raises(ConnectionNotConfigured, match=r"'C' is not set, but function 'f'.*folder:"):
        found({"D": "x"})


def test_the_value_is_not_shown():
    assert "secret" not in repr(found({"C": "secret"}))
    assert "secret" not in repr(found({"C__accountName": "secret"}))


def test_a_folder_is_named_by_its_absolute_path():
    assert folder_of(found({"C": "folder:/data/a b"})) == Path("/data/a b")
    with pytest.raises(ConnectionNotConfigured, match="'C' names the folder 'data'; it must be an absolute path"):
        folder_of(found({"C": "folder:data"}))
