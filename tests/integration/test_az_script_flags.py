"""Every command and every flag of every script is one that the real `az` has."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from infra.contract import RegistryLogin, Secret
from infra.registry import target_named
from tests.support.azure_cli import installed
from tests.support.deployments import ELSEWHERE, every_deployment, image, spec

pytestmark = pytest.mark.azure_cli

# In one process, because the program takes a second to start.
_HELP = """
import contextlib, io, json, sys
from azure.cli.core import get_default_cli
found = {}
for command in json.load(sys.stdin):
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.suppress(SystemExit):
        get_default_cli().invoke([*command.split(), "--help"])
    found[command] = said.getvalue()
json.dump(found, sys.__stdout__)
"""


def scripts() -> list[str]:
    login = RegistryLogin(username="puller", password=Secret(variable="PULL"))
    logged_in = [spec(each, of=image(reference=ELSEWHERE), registry=login) for each in ("functions", "app_service")]
    chosen = spec("functions", subscription="00000000-0000-0000-0000-000000000001")
    wanted = [*every_deployment(), *logged_in, chosen]
    return [target_named(each.target).export(each)["deploy.sh"].replace("\\\n", "") for each in wanted]


def flags() -> dict[str, set[str]]:
    """Command -> the flags that some script gives it."""
    found: dict[str, set[str]] = {}
    for match in re.finditer(r"\baz ([a-z][a-z -]*?)(?: (--.*?))?(?:\)$|<<|$)", "\n".join(scripts()), re.M):
        given = re.findall(r"(?:^| )--([a-z0-9-]+)", match[2] or "")
        found.setdefault(match[1].strip(), set()).update(given)
    return {command: given for command, given in found.items() if given}


def test_az_knows_every_command_and_every_flag(tmp_path: Path) -> None:
    used = flags()
    done = subprocess.run(
        [str(installed() / "python"), "-c", _HELP],
        input=json.dumps(list(used)),
        env={"AZURE_CONFIG_DIR": str(tmp_path), "AZURE_CORE_COLLECT_TELEMETRY": "false"},
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    known = {command: set(re.findall(r"--([a-z0-9-]+)", text)) for command, text in json.loads(done.stdout).items()}

    assert {command: given - known[command] for command, given in used.items() if given - known[command]} == {}
    assert len(used) > 20
