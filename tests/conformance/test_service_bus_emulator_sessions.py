"""Sessions with the real client: one receiver at a time, in order, with a state of their own."""

import threading
import time
from datetime import timedelta

import pytest
from azure.servicebus import NEXT_AVAILABLE_SESSION, ServiceBusMessage
from azure.servicebus.exceptions import (
    OperationTimeoutError,
    ServiceBusError,
    SessionCannotBeLockedError,
    SessionLockLostError,
)

from infra.emulators.service_bus import NamespaceConfig
from infra.emulators.service_bus.broker.config import QueueConfig
from tests.support.service_bus_clients import Clients, both_clients, one, row, text

pytestmark = pytest.mark.service_bus

NAMES = ("work", "held", "lost", "next", "none", "woken", "listed", "needs")
CONFIG = NamespaceConfig(queues=tuple(QueueConfig(name=name, requires_session=True) for name in NAMES))
SOON = 0.2


@pytest.fixture(scope="module")
def table():
    with both_clients(CONFIG) as table:
        yield table


@row
def test_a_session_is_received_alone_and_in_order(bus, clients) -> None:
    messages = [ServiceBusMessage(f"{session}{n}", session_id=session) for n in range(3) for session in ("a", "b")]
    clients.sender("work").send_messages(messages)
    a, b = clients.receiver("work", session_id="a"), clients.receiver("work", session_id="b")
    got = {}
    for receiver in (a, b):
        mine = [one(receiver) for _ in range(3)]
        got[receiver.session.session_id] = [(text(message), message.session_id) for message in mine]
        for message in mine:
            receiver.complete_message(message)

    assert got == {name: [(f"{name}{n}", name) for n in range(3)] for name in ("a", "b")}


@row
def test_an_abandoned_message_keeps_its_place(bus, clients) -> None:
    clients.sender("work").send_messages([ServiceBusMessage(f"{n}", session_id="a") for n in range(2)])
    receiver = clients.receiver("work", session_id="a")
    receiver.abandon_message(one(receiver))
    first, second = one(receiver), one(receiver)
    receiver.complete_message(first)
    receiver.complete_message(second)

    assert [(text(message), message.delivery_count) for message in (first, second)] == [("0", 1), ("1", 0)]


@row
def test_a_session_has_a_state(bus, clients) -> None:
    session = clients.receiver("work", session_id="a").session
    assert session.get_state() is None
    session.set_state(b"\x00 state")
    assert session.get_state() == b"\x00 state"
    session.set_state(None)
    assert session.get_state() is None


@row
def test_a_session_is_renewed(bus, clients) -> None:
    session = clients.receiver("work", session_id="a").session
    before = session.locked_until_utc
    bus.advance(30)
    until = session.renew_lock()
    clients.receiver("work", session_id="b").session.renew_lock()
    bus.advance(40)
    clients.receiver("work", session_id="a").session.renew_lock()
    clients.receiver("work", session_id="b").session.renew_lock()

    assert until > before
    assert abs(until - bus.now() - timedelta(seconds=20)) < timedelta(seconds=1)


@row
def test_a_session_has_one_receiver(bus, clients) -> None:
    with clients.own_receiver("held", session_id="a"):
        started = time.monotonic()
        with pytest.raises(SessionCannotBeLockedError), clients.own_receiver("held", session_id="a"):
            pass
        took = time.monotonic() - started

    assert took < 5
    with clients.own_receiver("held", session_id="a") as again:
        assert again.session.session_id == "a"


@row
def test_what_was_taken_returns_with_the_session(bus, clients) -> None:
    clients.sender("held").send_messages(ServiceBusMessage("mine", session_id="returns"))
    with clients.own_receiver("held", session_id="returns") as receiver:
        one(receiver)
    with clients.own_receiver("held", session_id="returns") as receiver:
        again = one(receiver)
        receiver.complete_message(again)

    assert text(again) == "mine"


@row
def test_a_lost_session_is_told(bus, clients) -> None:
    clients.sender("lost").send_messages(ServiceBusMessage("slow", session_id="a"))
    with clients.own_receiver("lost", session_id="a") as receiver:
        message = one(receiver)
        bus.advance(61)
        with pytest.raises(SessionLockLostError):
            receiver.session.renew_lock()
        with pytest.raises(ServiceBusError):
            receiver.complete_message(message)
    with clients.own_receiver("lost", session_id="a") as receiver:
        receiver.complete_message(one(receiver))


@row
def test_the_next_session_that_is_free(bus, clients) -> None:
    clients.sender("next").send_messages(
        [ServiceBusMessage("1", session_id="a"), ServiceBusMessage("2", session_id="b")]
    )
    with (
        clients.own_receiver("next", session_id=NEXT_AVAILABLE_SESSION) as first,
        clients.own_receiver("next", session_id=NEXT_AVAILABLE_SESSION) as second,
    ):
        names = (first.session.session_id, second.session.session_id)
        for receiver in (first, second):
            receiver.complete_message(one(receiver))

    assert names == ("a", "b")


@row
def test_no_session_is_free_for_long(bus, clients) -> None:
    next_session = clients.own_receiver("none", session_id=NEXT_AVAILABLE_SESSION, max_wait_time=0.5)
    with pytest.raises(OperationTimeoutError), next_session:
        pass


@row
def test_who_waits_gets_the_session_that_comes(bus, clients) -> None:
    flavour_of_sender = Clients("sync", bus.connection_string)
    try:
        sender = flavour_of_sender.sender("woken")
        later = threading.Timer(SOON, lambda: sender.send_messages(ServiceBusMessage("late", session_id="new")))
        later.start()
        with clients.own_receiver("woken", session_id=NEXT_AVAILABLE_SESSION, max_wait_time=20) as receiver:
            message = one(receiver)
            receiver.complete_message(message)
        later.join()
    finally:
        flavour_of_sender.close()

    assert (text(message), message.session_id) == ("late", "new")


@row
def test_sessions_are_listed(bus, clients) -> None:
    clients.sender("listed").send_messages([ServiceBusMessage("x", session_id=name) for name in ("b", "a")])
    assert sorted(clients.session_ids("listed")) == ["a", "b"]

    with clients.own_receiver("listed", session_id="b") as receiver:
        receiver.complete_message(one(receiver))
        bus.advance(1)
        since = bus.now()
        receiver.session.set_state(b"state")
    assert clients.session_ids("listed", state_updated_after=since) == ["b"]

    with clients.own_receiver("listed", session_id="a") as receiver:
        receiver.complete_message(one(receiver))
    with clients.own_receiver("listed", session_id="b") as receiver:
        receiver.session.set_state(None)
    assert clients.session_ids("listed") == []


@row
def test_a_message_without_a_session_is_refused(bus, clients) -> None:
    with pytest.raises(ServiceBusError, match="session"):
        clients.sender("needs").send_messages(ServiceBusMessage("x"))


@row
def test_a_receiver_without_a_session_is_refused(bus, clients) -> None:
    with pytest.raises(ServiceBusError, match="session"), clients.own_receiver("needs"):
        pass
