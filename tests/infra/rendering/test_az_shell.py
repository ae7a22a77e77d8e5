import json
import subprocess

from hypothesis import given, settings
from hypothesis import strategies as st

from infra.contract import Secret
from infra.rendering.az_shell import JSON_FUNCTION, Shell, word
from infra.resources.expressions import Concat, Property, ResourceId, StorageConnection

IDENTITY = ResourceId(address="Microsoft.ManagedIdentity/userAssignedIdentities/the-me")
ACCOUNT = ResourceId(address="Microsoft.Storage/storageAccounts/data", group="other")
TEXT = st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\x00", exclude_categories=("Cs",)))
NOTHING_SECRET = {"PATH": "/usr/bin:/bin"}


def run(script: str, **environment: str) -> str:
    return subprocess.run(
        ["bash", "-c", script], env={**NOTHING_SECRET, **environment}, capture_output=True, text=True, check=True
    ).stdout


def test_a_command_has_its_flags_and_prints_nothing() -> None:
    shell = Shell("g")
    shell.run("group create", {"name": "n", "tags": ["a=b c"], "is-linux": True, "location": None})

    assert shell.lines == ["az group create \\\n  --name n \\\n  --tags 'a=b c' \\\n  --is-linux \\\n  --output none"]


def test_what_has_to_be_asked_for_is_asked_for_once_and_before() -> None:
    shell = Shell("g")
    mine = Property(of=IDENTITY, path="properties.clientId")
    shell.run("a", {"x": mine})
    shell.run("b", {"x": mine})

    assert shell.lines[0] == (
        "the_me_client_id=$(az identity show --name the-me --resource-group g --query clientId --output tsv)"
    )
    assert [line.splitlines()[0] for line in shell.lines[1:]] == ["az a \\", "az b \\"]
    assert '--x "${the_me_client_id}"' in shell.lines[1]


def test_keys_are_asked_for_where_their_account_is() -> None:
    shell = Shell("g")
    shell.run("a", {"x": "@-"}, document={"C": StorageConnection(account=ACCOUNT)})

    assert "--name data --resource-group other --query connectionString" in shell.lines[0]
    assert '"C": $(json "${data_connection}")' in shell.lines[1]


def test_ids_are_spelled_out() -> None:
    shell = Shell("g")

    assert shell.text(IDENTITY).endswith(
        "/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/the-me"
    )
    assert shell.text(ResourceId(address="Microsoft.Resources/resourceGroups/g")) == (
        "/subscriptions/$subscription/resourceGroups/g"
    )
    assert "/resourceGroups/other/" in shell.text(ACCOUNT)


def test_flags_take_words_for_truth() -> None:
    assert [word(value) for value in (True, False)] == ["true", "false"]


@settings(max_examples=15, deadline=None)
@given(plain=TEXT, secret=TEXT)
def test_documents_come_through_the_shell_as_they_were(plain: str, secret: str) -> None:
    shell = Shell("g")
    hidden = Secret(variable="HIDDEN")
    document = {plain: [plain, 1.5, True, None, {}], "hidden": hidden, "both": Concat(parts=(plain, hidden))}
    shell.run("rest", {"body": "@-"}, document=document)
    script = "\n".join(["az() { cat; }", JSON_FUNCTION, *shell.lines])

    # Control characters of a secret stay what they are, which `az` takes.
    seen = json.loads(run(script, HIDDEN=secret), strict=False)

    assert seen == {plain: [plain, 1.5, True, None, {}], "hidden": secret, "both": plain + secret}
