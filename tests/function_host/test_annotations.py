from typing import Any

import azure.functions as func
import pytest

from function_host.annotations import check_annotations, check_context
from function_host.errors import AppLoadError
from triggers.contract import Binding

QUEUE = Binding(type="queueTrigger", name="x", direction="IN")
OUT = Binding(type="blob", name="x", direction="OUT")


@pytest.mark.parametrize(
    ("binding", "hint"),
    [
        (QUEUE, func.QueueMessage), (QUEUE, func.QueueMessage | None),
        (QUEUE, list[func.QueueMessage]), (QUEUE, str), (QUEUE, Any), (QUEUE, str | bytes),
        (OUT, func.Out[str]), (OUT, func.Out), (OUT, Any),
    ],
)  # fmt: skip
def test_annotations_that_fit(binding, hint):
    check_annotations("f", [binding], {"x": hint})


def test_no_annotation_fits_always():
    check_annotations("f", [QUEUE, OUT], {})


@pytest.mark.parametrize(
    ("binding", "hint", "said"),
    [
        (QUEUE, dict, "'x' of function 'f' is annotated dict, which the binding queueTrigger does not give"),
        (QUEUE, func.TimerRequest, "annotated TimerRequest, which the binding queueTrigger does not give"),
        (QUEUE, func.Out[str], "is an input, but its annotation is .*Out.*; take the Out away"),
        (OUT, str, r"is an output, but its annotation is str; annotate it func\.Out"),
    ],
)
def test_annotations_that_do_not_fit(binding, hint, said):
    with pytest.raises(AppLoadError, match=said):
        check_annotations("f", [binding], {"x": hint})


def test_clients_of_an_sdk_are_named():
    kind = type("SdkType", (), {"__module__": "azurefunctions.extensions.base.sdkType"})
    with pytest.raises(AppLoadError, match="the SDK type Client, which this host does not make"):
        check_annotations("f", [QUEUE], {"x": type("Client", (kind,), {})})


@pytest.mark.parametrize("hint", [func.Context, Any])
def test_a_context(hint):
    check_context("f", {"context": hint})
    check_context("f", {})


def test_what_is_no_context():
    with pytest.raises(AppLoadError, match=r"'context' of function 'f' .*annotate it func\.Context, not str"):
        check_context("f", {"context": str})
