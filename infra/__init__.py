"""Give the image a place to run."""

from infra.app_run import AppRun, RunningFunction
from infra.app_status import AppStatus, FunctionStatus, status
from infra.failures import FailedBlob, failures, show_failure
from infra.invoking import Answer, invoke
from infra.replaying import Replay, Selection, replay, replay_failures
from infra.report import curl_line, describe
from infra.running import RunningApp, run

__all__ = [
    "Answer",
    "AppRun",
    "AppStatus",
    "FailedBlob",
    "FunctionStatus",
    "Replay",
    "RunningApp",
    "RunningFunction",
    "Selection",
    "curl_line",
    "describe",
    "failures",
    "invoke",
    "replay",
    "replay_failures",
    "run",
    "show_failure",
    "status",
]
