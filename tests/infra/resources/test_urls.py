import pytest

from infra.rendering.arm_functions import function
from infra.resources.urls import url_in, url_of
from tests.support.deployments import app_of, image, rendered


@pytest.mark.parametrize(
    ("target", "about"),
    [
        ("functions", "defaultHostName"),
        ("app_service", "defaultHostName"),
        ("container_apps", "configuration.ingress.fqdn"),
        ("container_instances", "ipAddress.fqdn"),
    ],
)
def test_every_app_says_where_it_answers(target: str, about: str) -> None:
    url = url_of(app_of(target, of=image({"http": {}})))

    assert url is not None
    assert about in function(url)


def test_a_container_group_answers_at_its_port_without_tls() -> None:
    url = url_of(app_of("container_instances"))

    assert url is not None
    assert (url.parts[0], url.parts[-1]) == ("http://", ":8080")


def test_a_container_group_that_nobody_reaches_has_no_address() -> None:
    assert url_of(app_of("container_instances", public=False)) is None


def test_the_app_is_found_wherever_it_stands() -> None:
    told = image({"blob": {"source": "EventGrid", "event_queue": "events"}})
    said = {"of": told, "trigger_storage": "shared/teamdata", "event_topic": "theirs"}
    manifests = list(rendered("container_instances", **said).values())

    assert manifests[-1].kind != app_of("container_instances").kind
    assert url_in(manifests) == url_of(app_of("container_instances"))
    assert url_in(manifests[:1]) is None
