from infra.resources.service_bus import namespace, queue, subscription, topic


def test_a_namespace_takes_logins_only_unless_keys_are_asked_for() -> None:
    said = [namespace("bus", "westeurope", keys=keys, deployment="d", tags={}) for keys in (False, True)]

    assert [each.body["properties"]["disableLocalAuth"] for each in said] == [True, False]


def test_a_subscription_waits_for_its_topic_and_a_topic_for_its_namespace() -> None:
    of = topic("bus", "news", made=True)
    mine = subscription(of, "mine")

    assert mine.name == "bus/news/mine"
    assert mine.after == (of.address,)
    assert of.after == ("Microsoft.ServiceBus/namespaces/bus",)


def test_entities_of_a_namespace_that_was_there_wait_for_nothing() -> None:
    assert queue("bus", "input", made=False).after == ()
    assert topic("bus", "news", made=False).after == ()
    assert queue("bus", "input", made=True).after == ("Microsoft.ServiceBus/namespaces/bus",)
