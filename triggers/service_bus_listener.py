"""How one function listens at Service Bus: what its binding and host.json ask for, and a stop that leaves nothing."""

from triggers.contract import Binding
from triggers.polling import PollingListener
from triggers.service_bus_bus import Bus
from triggers.service_bus_delivery import Terms
from triggers.service_bus_lane import Appetite
from triggers.service_bus_settings import ServiceBusSettings
from triggers.service_bus_source import Plan, ServiceBusSource

_TRUE = "true"


class ServiceBusListener:
    """Pulls messages until it is stopped; what its links had taken by then is still run."""

    def __init__(self, polling: PollingListener, source: ServiceBusSource, bus: Bus) -> None:
        self._polling = polling
        self._source = source
        self._bus = bus

    async def start(self) -> None:
        """Begin to pull; returns once the entity was reached, or could not be reached for the first time."""
        await self._polling.start()

    async def stop(self) -> None:
        """Take nothing new; return when everything claimed is settled."""
        await self._source.take_nothing_new()
        await self._polling.stop()
        await self._bus.close()


def plan_of(binding: Binding, settings: ServiceBusSettings) -> Plan:
    """How a function with this trigger takes messages."""
    are_many = binding.option("cardinality").lower() == "many"
    in_sessions = binding.option("isSessionsEnabled").lower() == _TRUE
    auto_complete = binding.option("autoCompleteMessages", str(settings.auto_complete)).lower() == _TRUE
    if are_many:
        links = 1
        appetite = Appetite(most=settings.max_batch, least=settings.min_batch, wait=settings.max_batch_wait)
    elif in_sessions:
        links = settings.max_concurrent_sessions
        appetite = Appetite(most=settings.max_concurrent_calls_per_session)
    else:
        links = settings.max_concurrent_calls
        appetite = Appetite()
    return Plan(
        links=links,
        prefetch=-(-settings.prefetch // links),
        appetite=appetite,
        are_many=are_many,
        session_idle=settings.session_idle if in_sessions else None,
        is_binary=binding.option("dataType").lower() in {"binary", "stream"},
        terms=Terms(auto_complete=auto_complete, longest_renewal=settings.longest_renewal),
    )
