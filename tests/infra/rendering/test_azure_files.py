import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.contract import RegistryLogin, Secret
from infra.registry import target_named
from tests.support.deployments import AZURE_TARGETS, ELSEWHERE, image, spec

VARIABLES = st.from_regex(r"\A[A-Z][A-Z0-9_]{0,20}\Z")
# Begins like nothing in the documents, of which any few letters may be a part.
SECRETS = st.from_regex(r"\Azq9-[a-zA-Z0-9+/=$'\"; -]{8,24}\Z")


@pytest.mark.parametrize("target", AZURE_TARGETS)
def test_a_deployment_is_a_template_its_parameters_and_a_script(target: str) -> None:
    files = target_named(target).export(spec(target))

    assert set(files) == {"azuredeploy.json", "azuredeploy.parameters.json", "deploy.sh"}
    assert json.loads(files["azuredeploy.json"])["$schema"].endswith("deploymentTemplate.json#")
    assert files["deploy.sh"].startswith("#!/usr/bin/env bash\n")


@given(variables=st.lists(VARIABLES, min_size=2, max_size=2, unique=True), secret=SECRETS)
def test_no_value_of_the_environment_is_in_any_file(variables: list[str], secret: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        for each in variables:
            patch.setenv(each, secret)
        login = RegistryLogin(username="puller", password=Secret(variable=variables[0]))
        settings = {"API_KEY": Secret(variable=variables[1])}
        for target in AZURE_TARGETS:
            of = image({} if target != "functions" else None, reference=ELSEWHERE)
            wanted = spec(target, of=of, settings=settings, registry=login)
            for name, text in target_named(target).export(wanted).items():
                assert secret not in text, name
                assert name == "azuredeploy.parameters.json" or all(each in text for each in variables)
