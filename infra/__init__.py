"""Give the image a place to run."""

from infra.app_run import AppRun, RunningFunction
from infra.app_status import AppStatus, FunctionStatus, status
from infra.failures import FailedBlob, failures
from infra.given_up import GivenUp, given_up, replay_given_up, show_given_up
from infra.invoking import Answer, invoke
from infra.proving import prove, prove_image
from infra.replaying import Replay, Selection, replay
from infra.report import curl_line, describe
from infra.running import RunningApp, run

__all__ = [
    "Answer",
    "AppRun",
    "AppStatus",
    "FailedBlob",
    "FunctionStatus",
    "GivenUp",
    "Replay",
    "RunningApp",
    "RunningFunction",
    "Selection",
    "curl_line",
    "describe",
    "failures",
    "given_up",
    "invoke",
    "prove",
    "prove_image",
    "replay",
    "replay_given_up",
    "run",
    "show_given_up",
    "status",
]
