"""triggers.azure_blobs without an account; with one: tests/integration/test_blob_azurite.py"""

import pytest
from azure.core.exceptions import HttpResponseError, ServiceRequestError

from tests.contract.connections import account
from triggers.azure_blobs import blob_service
from triggers.azure_errors import translated
from triggers.errors import BlobRefused, SourceUnavailable


def test_the_sdks_errors_become_ours_with_what_was_tried():
    for error in (ServiceRequestError("no route"), OSError("no route")):
        with (
            pytest.raises(SourceUnavailable, match=r"cannot be reached to list 'x': no route\.") as caught,
            translated("list 'x'"),
        ):
            raise error
        assert caught.value.__cause__ is error


def test_a_refusal_is_told_by_its_status():
    error = HttpResponseError("secret details")
    error.status_code, error.reason = 403, "Forbidden"
    with pytest.raises(SourceUnavailable, match="refused to list 'x': 403 Forbidden") as caught, translated("list 'x'"):
        raise error
    assert "secret" not in str(caught.value)


def test_other_errors_pass():
    with pytest.raises(ZeroDivisionError), translated("list"):
        raise ZeroDivisionError


async def test_names_are_escaped():
    service = blob_service(account("UseDevelopmentStorage=true"))
    assert service.client.get_blob_client("abc", "x y").url.endswith("/abc/x%20y")
    await service.close()


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "InvalidResourceName", BlobRefused),
        (409, "BlobArchived", BlobRefused),
        (412, "LeaseIdMissing", BlobRefused),
        (409, "ContainerBeingDeleted", SourceUnavailable),
        (401, "NoAuthenticationInformation", SourceUnavailable),
        (403, "AuthorizationFailure", SourceUnavailable),
        (404, "ContainerNotFound", SourceUnavailable),
        (408, "RequestTimeout", SourceUnavailable),
        (429, "TooManyRequests", SourceUnavailable),
        (503, "ServerBusy", SourceUnavailable),
    ],
)
def test_what_is_wrong_with_one_blob_is_not_taken_for_an_outage(status, code, kind):
    error = HttpResponseError("details")
    error.status_code, error.reason = status, code
    with pytest.raises(kind, match=f"{status} {code}"), translated("read blob 'x'", one_blob=True):
        raise error
    with pytest.raises(SourceUnavailable), translated("list 'x'"):
        raise error
