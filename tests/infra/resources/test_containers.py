from infra.resources.containers import LIVENESS, environment, probe


def test_an_environment_is_billed_by_use() -> None:
    profiles = environment("env", "westeurope", deployment="d", tags={"a": "b"}).body["properties"]["workloadProfiles"]

    assert profiles == [{"name": "Consumption", "workloadProfileType": "Consumption"}]


def test_a_probe_asks_by_http() -> None:
    asked = probe("/health/live", 8080, LIVENESS)

    assert asked["httpGet"] == {"path": "/health/live", "port": 8080}
    assert asked["failureThreshold"] == 3
