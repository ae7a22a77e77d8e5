import pytest

from infra.contract import RegistryLogin, Scale, Secret, Size
from infra.deploy_file import arguments_of, read_deployment, secret, together
from infra.errors import InvalidDeployment


def test_a_whole_deployment(tmp_path):
    file = tmp_path / "deploy.toml"
    file.write_text(
        """
        image = "registry.example.com/diabetes:3"
        target = "functions"
        name = "diabetes"
        [settings]
        LOG = "1"
        [secrets]
        TOKEN = "MY_TOKEN"
        [size]
        cpu = 0.5
        memory = "1Gi"
        [scale]
        max_replicas = 3
        [registry]
        server = "registry.example.com"
        username = "me"
        password = "REGISTRY_PASSWORD"
        [options]
        sku = "B1"
        """
    )
    assert arguments_of(read_deployment(file)) == {
        "image": "registry.example.com/diabetes:3",
        "target": "functions",
        "name": "diabetes",
        "settings": {"LOG": "1", "TOKEN": Secret(variable="MY_TOKEN")},
        "size": Size(cpu=0.5, memory=1 << 30),
        "scale": Scale(max_replicas=3),
        "registry": RegistryLogin(
            server="registry.example.com", username="me", password=Secret(variable="REGISTRY_PASSWORD")
        ),
        "sku": "B1",
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("image =", "cannot be read as TOML"),
        ("imgae = 'x'", "the key 'imgae'"),
        (None, "No such file"),
        ("settings = 'x'", "'settings' must be a table"),
        ("options = ['a']", "'options' must be a table"),
        ("name = 5", "'name' must be text, not 5"),
    ],
)
def test_bad_files(tmp_path, text, said):
    file = tmp_path / "deploy.toml"
    if text is not None:
        file.write_text(text)
    with pytest.raises(InvalidDeployment, match=said):
        read_deployment(file)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"scale": {"replicas": 3}}, "'scale' of the deployment has no 'replicas'; it has min_replicas"),
        ({"size": {"cpu": "two"}}, "'cpu' in 'size' cannot be 'two'"),
        ({"scale": {"min_replicas": "two"}}, "'min_replicas' in 'scale' cannot be 'two'"),
        ({"secrets": {"X": 5}}, "secret 'X' must name"),
        ({"settings": {"X": [1]}}, "'X' in 'settings' must be text"),
        ({"options": {"settings": "x"}}, "'settings' is no option"),
    ],
)
def test_wrong_values_are_named(said, words):
    with pytest.raises(InvalidDeployment, match=words):
        arguments_of(said)


def test_numbers_and_truths_are_settings_too():
    found = arguments_of({"settings": {"PORT": 8080, "ON": True, "RATE": 0.5}, "size": {"cpu": 2}})
    assert found == {"settings": {"PORT": "8080", "ON": "true", "RATE": "0.5"}, "size": Size(cpu=2)}


def test_what_is_said_later_wins_key_by_key():
    file = {"size": {"cpu": 2, "memory": "4Gi"}, "settings": {"A": "1"}, "secrets": {"B": "X"}, "name": "n"}
    assert together(file, {"size": {"cpu": 3}, "secrets": {"A": "Y"}, "name": "m"}) == {
        "size": {"cpu": 3, "memory": "4Gi"}, "settings": {}, "secrets": {"B": "X", "A": "Y"}, "name": "m",
    }  # fmt: skip


def test_what_is_empty_is_left_out():
    assert arguments_of({"image": None, "name": "", "settings": {}}) == {}


def test_secrets_in_vaults():
    assert secret("https://v.vault.azure.net/secrets/x") == Secret(vault_uri="https://v.vault.azure.net/secrets/x")
