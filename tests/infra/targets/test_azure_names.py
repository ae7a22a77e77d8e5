import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.contract import RegistryLogin, Secret
from infra.errors import InvalidDeployment
from infra.targets.azure_names import check_copies, check_image, check_name, check_region, check_settings, derived_name
from tests.support.deployments import DIGEST, image, rendered, spec


@pytest.mark.parametrize(
    ("what", "good", "bad"),
    [
        ("site", ["a1", "My-App", "a" * 60], ["a", "-a1", "a1-", "a_b", "a" * 61, "ä1", "a1\n"]),
        ("storage account", ["abc", "a" * 24, "123"], ["ab", "a" * 25, "Abc", "a-b-c", ""]),
        ("resource group", ["g", "my.group_(1)-x", "a" * 90], ["", "g.", "a" * 91, "a b", "a/b"]),
        ("plan", ["p", "My-plan"], ["", "a_b", "a" * 61]),
        ("container group", ["abc", "a-b", "a" * 63], ["ab", "Abc", "a--b", "-ab", "ab-", "1ab", "a" * 64]),
        ("container app", ["ab", "a" * 32], ["a", "1a", "a--b", "a" * 33, "Ab"]),
        ("Service Bus namespace", ["abcdef", "Team-bus-1"], ["abcde", "1abcdef", "team-sb", "team-mgmt", "teambus-"]),
        ("environment of container apps", ["my-env"], ["-env", "env-", "e"]),
    ],
)
def test_names_follow_the_rules_of_their_resource(what: str, good: list[str], bad: list[str]) -> None:
    assert [check_name(what, each) for each in good] == good
    for each in bad:
        with pytest.raises(InvalidDeployment, match="cannot be the name of"):
            check_name(what, each)


def test_the_refusal_says_the_rule() -> None:
    with pytest.raises(InvalidDeployment, match=r"'My_Data' .* storage account: it takes 3 to 24 lower-case letters"):
        check_name("storage account", "My_Data")


@pytest.mark.parametrize("name", ["westeurope", "eastus2", "eastus7", "atlantiscentral"])
def test_regions_pass_that_are_known_or_may_be_newer(name: str) -> None:
    assert check_region(name) == name


@pytest.mark.parametrize(
    ("name", "hint"), [("westeurop", "'westeurope'"), ("eastuss", "'eastus'"), ("", "as in"), ("west_1", "as in")]
)
def test_a_region_that_is_mistyped_is_refused_with_what_is_near(name: str, hint: str) -> None:
    with pytest.raises(InvalidDeployment, match=hint):
        check_region(name)


@pytest.mark.parametrize("name", ["usgovvirginia", "usdodeast", "chinanorth3"])
def test_regions_of_other_clouds_are_refused(name: str) -> None:
    with pytest.raises(InvalidDeployment, match="another cloud than the public one"):
        check_region(name)


def test_variables_of_two_secrets_differ_by_more_than_case() -> None:
    same = {"A": Secret(variable="KEY"), "B": Secret(variable="KEY")}
    check_settings(spec("functions", settings=same))

    for settings, password in (
        ({"A": Secret(variable="KEY"), "B": Secret(variable="Key")}, None),
        ({"A": Secret(variable="KEY")}, Secret(variable="Key")),
    ):
        login = RegistryLogin(username="me" if password else "", password=password)
        with pytest.raises(InvalidDeployment, match="'KEY' and 'Key' of two secrets differ in case only"):
            check_settings(spec("functions", settings=settings, registry=login))


@pytest.mark.parametrize("name", ["Location", "subscription", "others"])
def test_a_secret_is_not_called_as_what_the_files_name_themselves(name: str) -> None:
    with pytest.raises(InvalidDeployment, match=f"'{name}', of the setting 'K', has a meaning of its own"):
        check_settings(spec("functions", settings={"K": Secret(variable=name)}))


def test_a_derived_name_has_the_subscription_in_it_where_the_options_name_one() -> None:
    found = {
        derived_name(spec("functions", subscription=each), "g", "host")
        for each in ("", "00000000-0000-0000-0000-000000000001", "00000000-0000-0000-0000-000000000002")
    }

    assert len(found) == 3


@pytest.mark.parametrize(
    "reference",
    ["diabetes:latest", "docker:diabetes@sha256:1", "oci:/tmp/x", "archive:/tmp/x.tar", "registry.example.org/a:1"],
)
def test_an_image_of_this_machine_or_of_a_tag_is_refused(reference: str) -> None:
    with pytest.raises(InvalidDeployment, match="Publish it to a registry"):
        check_image(image(reference=reference))


@pytest.mark.parametrize("registry", ["localhost:5000", "127.0.0.1:5000"])
def test_a_registry_of_this_machine_is_refused(registry: str) -> None:
    with pytest.raises(InvalidDeployment, match="registry of this machine"):
        check_image(image(reference=f"{registry}/diabetes@{DIGEST}"))


def test_an_image_for_another_processor_is_refused() -> None:
    with pytest.raises(InvalidDeployment, match=r"linux/arm64.*linux/amd64"):
        check_image(image(platforms=("linux/arm64",)))
    assert check_image(image(platforms=("linux/arm64", "linux/amd64"))).registry == "teamimages.azurecr.io"


@pytest.mark.parametrize("value", ["folder:/data", "UseDevelopmentStorage=true", "x;BlobEndpoint=http://127.0.0.1:1/a"])
def test_connections_to_this_machine_are_refused_without_being_told(value: str) -> None:
    with pytest.raises(InvalidDeployment, match="'C' points at this machine") as caught:
        check_settings(spec("functions", settings={"C": value}))

    assert value not in str(caught.value)


@pytest.mark.parametrize(
    "secret",
    [
        Secret(),
        Secret(variable="A", vault_uri="https://team.vault.azure.net/secrets/a"),
        Secret(variable="A B"),
        Secret(vault_uri="https://example.org/secrets/a"),
        Secret(vault_uri="https://team.vault.azure.net/keys/a"),
    ],
)
def test_a_secret_is_in_one_place_that_can_be(secret: Secret) -> None:
    with pytest.raises(InvalidDeployment, match="setting 'C'"):
        check_settings(spec("functions", settings={"C": secret}))
    with pytest.raises(InvalidDeployment, match="password of the registry"):
        check_settings(spec("functions", registry=RegistryLogin(username="u", password=secret)))


@pytest.mark.parametrize("login", [RegistryLogin(username="u"), RegistryLogin(password=Secret(variable="P"))])
def test_half_a_login_is_none(login: RegistryLogin) -> None:
    with pytest.raises(InvalidDeployment, match="needs a user name and a password"):
        check_settings(spec("functions", registry=login))


@pytest.mark.parametrize("value", ["AccountName=a;AccountKey=c2VjcmV0", "Endpoint=sb://b;SharedAccessKey=c2VjcmV0"])
def test_a_key_is_not_taken_as_a_text_and_not_repeated(value: str) -> None:
    with pytest.raises(InvalidDeployment, match="'C' has a key in it") as caught:
        check_settings(spec("functions", settings={"C": value}))

    assert "c2VjcmV0" not in str(caught.value)


@pytest.mark.parametrize("name", ["", "A B", "1A", "A=B"])
def test_names_of_settings_are_those_of_variables(name: str) -> None:
    with pytest.raises(InvalidDeployment, match="name of a setting"):
        check_settings(spec("functions", settings={name: "x"}))


def test_copies_are_those_of_azure() -> None:
    assert check_copies("Standard_ZRS") == "Standard_ZRS"
    with pytest.raises(InvalidDeployment, match=r"'standard_lrs'; there are Standard_LRS"):
        check_copies("standard_lrs")


@given(name=st.from_regex(r"\A[A-Za-z0-9-]{1,60}\Z"), suffix=st.sampled_from(["host", "data", "bus", "app"]))
def test_a_derived_name_is_an_accounts_and_the_same_each_time(name: str, suffix: str) -> None:
    derived = derived_name(spec("functions", name=name), "g", suffix)

    assert re.fullmatch("[a-z0-9]{3,24}", derived)
    assert derived == derived_name(spec("functions", name=name), "G", suffix)
    assert derived != derived_name(spec("functions", name=name), "other", suffix)


@pytest.mark.parametrize(
    "said",
    [
        {"subscription": "My Sub; echo hi"},
        {"registry_group": "a b"},
        {"vault_group": "a/b"},
        {"trigger_storage": "a b/teamdata"},
        {"ready_timeout": 0},
        {"ready_timeout": 1801},
        {"ready_timeout": float("nan")},
    ],
)
def test_options_that_cannot_be_are_refused(said) -> None:
    with pytest.raises(InvalidDeployment, match="cannot be"):
        rendered("functions", **said)
