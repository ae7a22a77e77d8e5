"""Send a message to a function over Service Bus and see its answer in the output queue, without taking it."""

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from azure.servicebus import ServiceBusClient, ServiceBusMessage, ServiceBusReceivedMessage, ServiceBusReceiver
from azure.servicebus.exceptions import ServiceBusError

from infra.app_run import AppRun, RunningFunction
from infra.bus_entities import DEFAULT_SETTING, takes_sessions
from infra.errors import InvalidRunRequest, NotRunning, RunTimedOut
from infra.executions import failure
from triggers import Binding

_PEEKED = 100
_PAUSE = 0.05


def _never() -> bool:
    return False


def ask(
    run: AppRun, function: RunningFunction, body: bytes, timeout: float, hopeless: Callable[[], bool] = _never
) -> tuple[str, str, bytes]:
    """Where the message went, where its answer is, and the answer; that stays in its queue.

    Raises InvalidRunRequest, NotRunning, InvocationFailed once nothing is to be hoped for, and RunTimedOut.
    """
    trigger, output = function.trigger, _output_queue(function)
    question = _question(trigger, body)
    deadline = time.monotonic() + timeout
    with _client(run, trigger) as client, client.get_queue_receiver(output.option("queueName")) as answers:
        seen = _end_of(answers)
        target = _sent(client, trigger, question)
        while time.monotonic() < deadline:
            if hopeless():
                raise failure(run, function)
            found = answers.peek_messages(_PEEKED, sequence_number=seen + 1)
            for answer in found:
                if answer.correlation_id == question.message_id:
                    return target, f"{output.option('queueName')} #{answer.sequence_number}", b"".join(answer.body)
            seen = _last(found, seen)
            if not found:
                time.sleep(_PAUSE)
    raise RunTimedOut(
        f"No answer to message {question.message_id} was in queue {output.option('queueName')!r} within {timeout:g} "
        f"seconds after it was sent to {target!r}; the reason may stand in {run.log}, or among the dead letters."
    )


def send(run: AppRun, function: RunningFunction, body: bytes) -> str:
    """Send a message and give back where it went; raises InvalidRunRequest and NotRunning."""
    with _client(run, function.trigger) as client:
        return _sent(client, function.trigger, _question(function.trigger, body))


def _question(trigger: Binding, body: bytes) -> ServiceBusMessage:
    question = ServiceBusMessage(body, message_id=uuid.uuid4().hex)
    if takes_sessions(trigger):
        question.session_id = question.message_id
    return question


def _sent(client: ServiceBusClient, trigger: Binding, question: ServiceBusMessage) -> str:
    queue = trigger.option("queueName")
    target = queue or trigger.option("topicName")
    with client.get_queue_sender(queue) if queue else client.get_topic_sender(target) as sender:
        sender.send_messages(question)
    return target


def _end_of(queue: ServiceBusReceiver) -> int:
    """The sequence number of its last message now."""
    seen = 0
    while found := queue.peek_messages(_PEEKED, sequence_number=seen + 1):
        seen = _last(found, seen)
    return seen


def _last(found: list[ServiceBusReceivedMessage], before: int) -> int:
    return max((message.sequence_number or 0 for message in found), default=before)


def _output_queue(function: RunningFunction) -> Binding:
    for binding in function.bindings:
        if binding.type.lower() == "servicebus" and binding.option("queueName"):
            return binding
    raise InvalidRunRequest(f"Function {function.name} writes to no queue, so there is no answer to wait for.")


@contextmanager
def _client(run: AppRun, binding: Binding) -> Iterator[ServiceBusClient]:
    setting = binding.option("connection", DEFAULT_SETTING)
    connection = run.service_bus.get(setting, "")
    if not connection:
        raise InvalidRunRequest(
            f"The app {run.app} was not started with a Service Bus connection {setting!r} that is known here; "
            "start it with its local Service Bus."
        )
    try:
        with ServiceBusClient.from_connection_string(connection, retry_total=1) as client:
            yield client
    except ServiceBusError as cause:
        raise NotRunning(f"The Service Bus of setting {setting!r} does not answer as it should: {cause}") from cause
