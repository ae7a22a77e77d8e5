"""What Azure refuses, in our errors: which resource, Azure's own words, and the way out."""

import re
from typing import Any

from infra.errors import ApplyFailed, NotPermitted
from infra.resources.kinds import EVENT_SUBSCRIPTION, EVENT_TOPIC, kind_of, name_of

_AGAIN = "Apply again: it goes on where it stopped."
_TAKEN = re.compile(r"already (exists|taken|in use)|not available|is already|AlreadyTaken|AlreadyInUse")
_ONE_TOPIC = "Only one system topic is allowed"
_QUEUE = re.compile(r"storageAccounts/([^/']+)/queueServices/default/queues/([a-z0-9-]+)", re.IGNORECASE)
_GONE = re.compile(r"not (be )?found|not ?exist|NotFound", re.IGNORECASE)
_ACTION = re.compile(r"perform action '([^']+)'")
_SCOPE = re.compile(r"over scope '([^']+)'")
_ROLES_WRITE = "microsoft.authorization/roleassignments/"
BUSY = frozenset({"AnotherOperationInProgress", "OperationInProgress", "ResourceGroupBeingDeleted"})
"""Codes of a 409 that goes away by waiting."""


class Refused(Exception):
    """Azure's own answer to one request; what asked for it turns it into an error that names the resource."""

    def __init__(self, status: int, code: str, said: str) -> None:
        super().__init__(f"{code}: {said}")
        self.status = status
        self.code = code
        self.said = said


def refused(status: int, document: Any, text: str) -> Refused:
    """The refusal that an answer is: `{"error": {"code": ..., "message": ...}}`, or Kudu's plain text."""
    error = document.get("error", document) if isinstance(document, dict) else {}
    error = error if isinstance(error, dict) else {"message": error}
    code = str(error.get("code") or error.get("Code") or f"HTTP {status}")
    message = str(error.get("message") or error.get("Message") or text.strip()[:500] or "without a word")
    inner = [str(each.get("message")) for each in error.get("details") or () if isinstance(each, dict)]
    return Refused(status, code, " ".join([message, *(each for each in inner if each not in message)]))


def failed(refusal: Refused, address: str, *, group: str) -> ApplyFailed:
    """The error for a manifest that Azure did not take."""
    if refusal.status == 403:
        return _not_permitted(refusal, address)
    words = f"Azure did not take {address}: {refusal.code}: {refusal.said}"
    return ApplyFailed(f"{words.rstrip('. ')}. {_way_out(refusal, address, group)}")


def lacks(address: str, path: str, *, group: str) -> ApplyFailed:
    """The error for a resource of `group` that does not say the property that another one needs."""
    if kind_of(address) == EVENT_TOPIC and path.startswith("identity."):
        command = f"az eventgrid system-topic update --resource-group {group} --name {name_of(address)}"
        return ApplyFailed(
            f"{address} has no system-assigned identity, by which it would put events into the queue. Give it one "
            f"(`{command} --identity systemassigned`), and apply again; or deploy with keys=True."
        )
    return ApplyFailed(f"{address} has no {path}; look at it in the portal, and apply again.")


def _no_queue(refusal: Refused, address: str) -> str:
    """What to make, where a subscription has no queue to deliver to; empty for every other refusal."""
    is_that = kind_of(address) == EVENT_SUBSCRIPTION and "queue" in refusal.said.lower()
    if not is_that or not _GONE.search(f"{refusal.code} {refusal.said}"):
        return ""
    found = _QUEUE.search(refusal.said)
    what = "the queue that the option event_queue of the trigger names"
    if found:
        command = f"az storage queue create --auth-mode login --account-name {found[1]} --name {found[2]}"
        what = f"the queue {found[2]!r} in the account {found[1]!r} (`{command}`)"
    return f"No queue is made in an account of another group than the deployment's. Make {what}. {_AGAIN}"


def _way_out(refusal: Refused, address: str, group: str) -> str:
    no_queue = _no_queue(refusal, address)
    ways = [
        (no_queue, no_queue),
        (
            refusal.code == "ResourceGroupNotFound",
            f"Somebody deleted the resource group {group!r} meanwhile; apply again makes everything anew.",
        ),
        (
            refusal.status == 409 and _TAKEN.search(f"{refusal.code} {refusal.said}"),
            "Somebody else has that name: give the deployment, or that resource, another one.",
        ),
        ("Location" in refusal.code, "Choose another region."),
        ("Sku" in refusal.code or "Quota" in refusal.code, "Choose another size or region."),
        (refusal.status == 429, f"The subscription has asked too often; wait a while. {_AGAIN}"),
        (
            _ONE_TOPIC in refusal.said,
            "The account has a topic of somebody else, such as Defender for Storage. If it is in the group "
            f"{group!r}, name it as event_topic. One in another group cannot be named: leave event_topic out for an "
            "account that is trigger_storage, and subscribe the queue to that topic yourself.",
        ),
        (refusal.status == 400, "Correct that and apply again: it goes on where it stopped."),
    ]
    return next((words for fits, words in ways if fits), _AGAIN)


def _not_permitted(refusal: Refused, address: str) -> NotPermitted:
    action, scope = _ACTION.search(refusal.said), _SCOPE.search(refusal.said)
    if action is None:
        return NotPermitted(f"You may not do that to {address}: {refusal.code}: {refusal.said}")
    role = _role(action[1])
    where = f" on {scope[1]}" if scope else ""
    return NotPermitted(
        f"You may not {action[1]}{where}, which {address} needs. Ask somebody who may to give you the role {role!r} "
        f"there, and apply again; roles that were given just now take some minutes."
    )


def _role(action: str) -> str:
    """A built-in role that has it, with as little else as there is."""
    lower = action.lower()
    if lower.startswith(_ROLES_WRITE):
        return "Role Based Access Control Administrator"
    if lower.startswith("microsoft.web/"):
        return "Website Contributor"
    return "Contributor"
