"""Give the image a place to run."""

from infra.app_run import AppRun, RunningFunction
from infra.invoking import Answer, invoke
from infra.report import curl_line, describe
from infra.running import RunningApp, run

__all__ = ["Answer", "AppRun", "RunningApp", "RunningFunction", "curl_line", "describe", "invoke", "run"]
