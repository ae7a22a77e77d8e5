"""Give the image a place to run."""

from infra.app_run import AppRun, RunningFunction
from infra.app_status import AppStatus, FunctionStatus, status
from infra.contract import Change, Deployment, DeploymentSpec, RegistryLogin, Scale, Secret, Size
from infra.deploying import deploy, deployed, deployment_logs, plan, render, specify, undeploy
from infra.doctor import doctor
from infra.doctor_finding import Finding
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
    "Change",
    "Deployment",
    "DeploymentSpec",
    "FailedBlob",
    "Finding",
    "FunctionStatus",
    "GivenUp",
    "RegistryLogin",
    "Replay",
    "RunningApp",
    "RunningFunction",
    "Scale",
    "Secret",
    "Selection",
    "Size",
    "curl_line",
    "deploy",
    "deployed",
    "deployment_logs",
    "describe",
    "doctor",
    "failures",
    "given_up",
    "invoke",
    "plan",
    "prove",
    "prove_image",
    "render",
    "replay",
    "replay_given_up",
    "run",
    "show_given_up",
    "specify",
    "status",
    "undeploy",
]
