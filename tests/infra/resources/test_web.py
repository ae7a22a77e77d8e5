from infra.resources.web import TIERS, plan, site_properties


def a_plan(sku: str):
    return plan("plan", "westeurope", sku=sku, workers=3, deployment="d", tags={})


def test_a_plan_has_its_number_of_machines_in_its_size() -> None:
    body = a_plan("B1").body

    assert body["sku"] == {"name": "B1", "tier": "Basic", "capacity": 3}
    assert body["properties"] == {"reserved": True}


def test_an_elastic_plan_has_a_most_instead() -> None:
    body = a_plan("EP1").body

    assert body["sku"] == {"name": "EP1", "tier": "ElasticPremium"}
    assert body["properties"]["maximumElasticWorkerCount"] == 3


def test_only_a_plan_that_is_always_there_keeps_its_site_on() -> None:
    always = {sku: site_properties(a_plan(sku), "a@b", {}, health_path="/x")["siteConfig"]["alwaysOn"] for sku in TIERS}

    assert {sku for sku, is_on in always.items() if not is_on} == {"EP1", "EP2", "EP3"}


def test_a_site_has_image_and_settings_in_one_document() -> None:
    config = site_properties(a_plan("B1"), "team/app@sha256:1", {"A": "1"}, health_path="/x")["siteConfig"]

    assert config["linuxFxVersion"] == "DOCKER|team/app@sha256:1"
    assert config["appSettings"] == [{"name": "A", "value": "1"}]
