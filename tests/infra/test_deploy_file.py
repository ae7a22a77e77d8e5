import pytest

from infra.contract import RegistryLogin, Scale, Secret, Size
from infra.deploy_file import arguments_of, read_deployment, secret
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
    assert read_deployment(file) == {
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
    [("image =", "cannot be read as TOML"), ("imgae = 'x'", "the key 'imgae'"), (None, "No such file")],
)
def test_bad_files(tmp_path, text, said):
    file = tmp_path / "deploy.toml"
    if text is not None:
        file.write_text(text)
    with pytest.raises(InvalidDeployment, match=said):
        read_deployment(file)


def test_a_wrong_key_in_a_part():
    with pytest.raises(InvalidDeployment, match=r"part 'scale'.*'replicas'"):
        arguments_of({"scale": {"replicas": 3}})


def test_what_is_empty_is_left_out():
    assert arguments_of({"image": None, "name": "", "settings": {}}) == {}


def test_secrets_in_vaults():
    assert secret("https://v.vault.azure.net/secrets/x") == Secret(vault_uri="https://v.vault.azure.net/secrets/x")
