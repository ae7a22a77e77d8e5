from infra.targets.kubernetes_names import MANAGED, NAME
from tests.support.kubernetes_objects import objects

OURS = {NAME: "diabetes", MANAGED: "functions-packager"}


def test_the_address_inside():
    assert objects()["Service"].body["spec"] == {
        "selector": OURS,
        "ports": [{"name": "http", "port": 80, "targetPort": "http"}],
    }


def test_the_address_outside_has_tls():
    found = objects(hostname="d.example.com", cert_issuer="letsencrypt", ingress_class="nginx")["Ingress"].body
    assert found["metadata"]["annotations"] == {"cert-manager.io/cluster-issuer": "letsencrypt"}
    assert found["spec"]["tls"] == [{"hosts": ["d.example.com"], "secretName": "diabetes-tls"}]
    assert found["spec"]["ingressClassName"] == "nginx"
    given = objects(hostname="d.example.com", tls_secret="mine")["Ingress"].body
    assert given["spec"]["tls"] == [{"hosts": ["d.example.com"], "secretName": "mine"}]
    assert "Ingress" not in objects()


def test_nothing_but_the_port_is_reached_and_nodes_can_be_emptied():
    found = objects()
    assert found["NetworkPolicy"].body["spec"]["ingress"] == [{"ports": [{"protocol": "TCP", "port": "http"}]}]
    assert found["PodDisruptionBudget"].body["spec"]["maxUnavailable"] == 1


def test_pods_of_other_tools_with_the_same_name_are_not_taken_for_ours():
    found = objects()
    assert found["NetworkPolicy"].body["spec"]["podSelector"]["matchLabels"] == OURS
    assert found["PodDisruptionBudget"].body["spec"]["selector"]["matchLabels"] == OURS
    assert found["Deployment"].body["spec"]["selector"]["matchLabels"] == OURS
    (spread,) = found["Deployment"].body["spec"]["template"]["spec"]["topologySpreadConstraints"]
    assert spread["labelSelector"]["matchLabels"] == OURS
