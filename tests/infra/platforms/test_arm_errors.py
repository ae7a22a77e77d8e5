import pytest

from infra.errors import NotPermitted
from infra.platforms.arm_errors import Refused, failed, refused

SITE = "Microsoft.Web/sites/mine"


@pytest.mark.parametrize(
    ("status", "code", "said", "way_out"),
    [
        (409, "Conflict", "Website with given name mine already exists.", "Somebody else has that name"),
        (409, "StorageAccountAlreadyTaken", "The storage account named x is already taken.", "Somebody else"),
        (409, "Conflict", "Cannot modify this site because another operation is in progress.", "goes on where"),
        (404, "ResourceGroupNotFound", "Resource group 'g' could not be found.", "deleted the resource group 'g'"),
        (400, "LocationNotAvailableForResourceType", "Not in mars.", "Choose another region"),
        (400, "SkuNotAvailable", "No B9.", "Choose another size"),
        (429, "TooManyRequests", "Slow down.", "wait a while"),
        (400, "InvalidRequest", "Only one system topic is allowed per source.", "name it as event_topic"),
        (400, "InvalidRequestContent", "Could not find member 'x'.", "Correct that"),
        (500, "InternalServerError", "Oops.", "goes on where it stopped"),
    ],
)
def test_says_azures_words_and_the_way_out(status, code, said, way_out) -> None:
    error = str(failed(Refused(status, code, said), SITE, group="g"))

    assert error.startswith(f"Azure did not take {SITE}: {code}: {said}")
    assert way_out in error


@pytest.mark.parametrize(
    ("action", "role"),
    [
        ("Microsoft.Authorization/roleAssignments/write", "Role Based Access Control Administrator"),
        ("Microsoft.Web/sites/write", "Website Contributor"),
        ("Microsoft.Storage/storageAccounts/write", "Contributor"),
    ],
)
def test_names_action_place_and_role(action, role) -> None:
    said = f"The client 'x' does not have authorization to perform action '{action}' over scope '/subscriptions/s' or"

    error = failed(Refused(403, "AuthorizationFailed", said), SITE, group="g")

    assert isinstance(error, NotPermitted)
    assert f"You may not {action} on /subscriptions/s, which {SITE} needs" in str(error)
    assert repr(role) in str(error)


def test_passes_on_a_prohibition_without_an_action() -> None:
    error = failed(Refused(403, "RequestDisallowedByPolicy", "Policy 'tags' forbids it."), SITE, group="g")

    assert str(error) == f"You may not do that to {SITE}: RequestDisallowedByPolicy: Policy 'tags' forbids it."


def test_reads_inner_words_too() -> None:
    document = {"error": {"code": "A", "message": "outer.", "details": [{"code": "B", "message": "inner."}]}}

    found = refused(400, document, "")

    assert (found.code, found.said) == ("A", "outer. inner.")


@pytest.mark.parametrize(
    ("document", "text", "said"), [({}, "Unauthorized", "Unauthorized"), (None, "", "without a word")]
)
def test_reads_answers_that_are_no_documents(document, text, said) -> None:
    found = refused(401, document, text)

    assert (found.code, found.said) == ("HTTP 401", said)


def test_reads_an_error_that_is_text() -> None:
    assert refused(400, {"error": "odd"}, "").said == "odd"
