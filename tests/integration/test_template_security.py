"""What a scanner of templates finds in ours is answered, and nothing else."""

import re
from pathlib import Path

import pytest

from infra.registry import target_named
from tests.architecture.sources import ROOT
from tests.support.checkov import findings
from tests.support.deployments import AZURE_TARGETS, image, spec

pytestmark = pytest.mark.checkov

ANSWERS = ROOT / "docs/reference/deploy-security.md"


def answered() -> set[str]:
    """The checks that have a line of the table."""
    return set(re.findall(r"^\| (CKV_AZURE_\d+) \|", ANSWERS.read_text(), re.M))


def written(folder: Path, name: str, **said) -> None:
    told = {"source": "EventGrid", "event_queue": "events"}
    for target in AZURE_TARGETS:
        place = folder / f"{name}-{target}"
        place.mkdir()
        files = target_named(target).export(spec(target, of=image({"blob": told, "service_bus_queue": {}}), **said))
        (place / "azuredeploy.json").write_text(files["azuredeploy.json"])


def test_every_finding_is_answered_and_every_answer_has_a_finding(tmp_path: Path) -> None:
    written(tmp_path, "plain")

    assert {check for check, _ in findings(tmp_path)} == answered()


def test_what_can_be_chosen_goes_away_when_it_is_chosen(tmp_path: Path) -> None:
    files = target_named("functions").export(spec("functions", storage_sku="Standard_GRS"))
    (tmp_path / "azuredeploy.json").write_text(files["azuredeploy.json"])

    left = {check for check, _ in findings(tmp_path)}

    assert left == answered() - {"CKV_AZURE_206"}


def test_a_template_that_is_less_careful_is_noticed(tmp_path: Path) -> None:
    text = target_named("functions").export(spec("functions"))["azuredeploy.json"]
    for careful, careless in (
        ('"httpsOnly": true', '"httpsOnly": false'),
        ('"TLS1_2"', '"TLS1_0"'),
        ('"Disabled"', '"AllAllowed"'),
    ):
        assert careful in text
        text = text.replace(careful, careless)
    (tmp_path / "azuredeploy.json").write_text(text)

    more = {check for check, _ in findings(tmp_path)} - answered()

    assert {"CKV_AZURE_14", "CKV_AZURE_44", "CKV_AZURE_78"} <= more
