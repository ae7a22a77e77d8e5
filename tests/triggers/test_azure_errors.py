import pytest
from azure.core.exceptions import ServiceRequestError

from triggers.azure_errors import translated
from triggers.errors import SourceUnavailable


def test_an_error_of_the_sdk_says_what_was_tried():
    with (
        pytest.raises(SourceUnavailable, match="cannot be reached to make queue 'x': no route"),
        translated("make queue 'x'"),
    ):
        raise ServiceRequestError("no route")
