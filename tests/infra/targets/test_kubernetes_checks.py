import pytest

from infra.contract import RegistryLogin, Secret, Size
from infra.errors import InvalidDeployment
from infra.targets.kubernetes_checks import check
from tests.support.deployments import image
from tests.support.kubernetes_objects import CONNECTIONS, cluster_spec


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"of": image(reference="oci:/tmp/x")}, "a file of this machine"),
        ({"tags": {"bad key!": "x"}}, "tag 'bad key!'"),
        ({"hostname": "Bad_Host!"}, "hostname 'Bad_Host!'"),
        ({"period_seconds": 0}, "period_seconds=0"),
        ({"failure_threshold": -1}, "failure_threshold=-1"),
        ({"cpu_limit": 0.1, "size": Size(cpu=2)}, "cpu_limit=0.1"),
        ({"memory_limit": 1000}, "memory_limit=1000"),
        ({"settings": {"A B": "x"}}, "'A B' cannot be the name"),
        ({"settings": {"S": "AccountName=a;AccountKey=abc=="}}, "'S' holds a key"),
        ({"settings": {"S": "https://a.blob.core.windows.net/?sv=1&sig=abc"}}, "'S' holds a key"),
        ({"settings": {"S": "postgres://u:pw@host/db"}}, "'S' holds a key"),
        ({"settings": {"S": "folder:/x"}}, "'S' points at this machine"),
        ({"settings": {"S": Secret(variable="1;rm")}}, "'1;rm', which is no environment variable"),
        ({"registry": RegistryLogin(username="u", password=Secret(vault_uri="https://v"))}, "password is in a vault"),
    ],
)
def test_what_a_cluster_would_get_wrong(said, words):
    spec = cluster_spec(**said)
    with pytest.raises(InvalidDeployment, match=words):
        check(spec, spec.options)


def test_the_usual_passes():
    spec = cluster_spec(
        tags={"example.com/team": "ml"},
        hostname="a.example.com",
        settings={**CONNECTIONS, "URL": "https://host:8080/x"},
    )
    check(spec, spec.options)
