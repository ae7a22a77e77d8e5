"""The command `packager doctor`."""

import json
import re
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

import typer

from infra.deploy_command import (
    AsJson,
    Cpu,
    File,
    Image,
    Login,
    MaxReplicas,
    Memory,
    MinReplicas,
    Name,
    Option,
    Password,
    SecretSetting,
    Setting,
    Target,
    spec_of,
)
from infra.doctor import doctor
from infra.doctor_finding import Finding

_SIGNS = {"ok": "ok     ", "warning": "warning", "error": "ERROR  "}


def register(cli: typer.Typer) -> None:
    """Add the command to the packager's command line."""
    cli.command("doctor")(doctor_command)


def doctor_command(  # noqa: PLR0917 - Typer fills them by name
    image: Image = None, target: Target = "", name: Name = "", file: File = None, option: Option = [],  # noqa: B006 - Typer's
    setting: Setting = [], secret: SecretSetting = [], cpu: Cpu = None, memory: Memory = None,  # noqa: B006 - Typer's
    min_replicas: MinReplicas = None, max_replicas: MaxReplicas = None, registry_user: Login = "",
    registry_password: Password = "",
    fix: Annotated[bool, typer.Option("--fix", help="Make containers and queues that are missing.")] = False,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Look whether a deployment is wired as its app needs it; ends with 1 when something will not work.

    Example: packager doctor diabetes:3 --target functions --secret TriggerConnectionString
    """
    given = {**locals(), "name": name or ("" if file else _name(image))}
    findings = doctor(spec_of(given), fix=fix)
    typer.echo(json.dumps([asdict(each) for each in findings], indent=2) if as_json else describe_findings(findings))
    if any(each.level == "error" for each in findings):
        raise typer.Exit(1)


def describe_findings(findings: Sequence[Finding]) -> str:
    """For people: a line each, and below it the way out."""
    lines = []
    for each in findings:
        lines.append(f"{_SIGNS[each.level]}  {each.check:<12}  {each.message}")
        if each.fix and each.level != "ok":
            lines.append(f"{'':<23}-> {each.fix}")
    return "\n".join(lines)


def _name(image: str | None) -> str:
    """The app is called like its image unless somebody says more."""
    last = re.split(r"[@:]", (image or "").rpartition("/")[2])[0]
    return re.sub("[^a-z0-9]+", "-", last.lower()).strip("-")
