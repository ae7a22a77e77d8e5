"""A loopback proxy in front of a server that cuts connections after so many bytes, as a bad line does."""

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field

_PIECE = 1 << 16


@dataclass(kw_only=True)
class CuttingProxy:
    """`cuts`: after how many bytes sent (up) or received (down) the next long exchanges are cut; then none is."""

    address: str
    cuts_up: list[int] = field(default_factory=list)
    cuts_down: list[int] = field(default_factory=list)
    made: int = 0


@contextmanager
def cutting(target: str) -> Iterator[CuttingProxy]:
    """A proxy in front of "host:port"; its own address is `.address`."""
    host, _, port = target.partition(":")
    with socket.create_server(("127.0.0.1", 0)) as listener, ExitStack() as open_connections:
        proxy = CuttingProxy(address=f"127.0.0.1:{listener.getsockname()[1]}")
        accepting = threading.Thread(target=_accept, args=(listener, (host, int(port)), proxy, open_connections))
        accepting.start()
        try:
            yield proxy
        finally:
            _shut(listener)
            accepting.join()


def _accept(listener: socket.socket, target: tuple[str, int], proxy: CuttingProxy, stack: ExitStack) -> None:
    with suppress(OSError):
        while True:
            client, _ = listener.accept()
            server = socket.create_connection(target)
            pumps = [
                threading.Thread(target=_pump, args=(client, server, proxy.cuts_up, proxy)),
                threading.Thread(target=_pump, args=(server, client, proxy.cuts_down, proxy)),
            ]
            # Undone from the last to the first: shut, which ends the pumps, then closed.
            for each in (client, server):
                stack.callback(each.close)
            for pump in pumps:
                pump.start()
                stack.callback(pump.join)
            for each in (client, server):
                stack.callback(_shut, each)


def _pump(source: socket.socket, sink: socket.socket, cuts: list[int], proxy: CuttingProxy) -> None:
    passed = 0
    with suppress(OSError):
        while data := source.recv(_PIECE):
            if cuts and passed + len(data) > cuts[0]:
                cuts.pop(0)
                proxy.made += 1
                break
            sink.sendall(data)
            passed += len(data)
    for each in (source, sink):
        _shut(each)
        # What comes in after this is refused; else it would be taken until the buffers are full.
        each.close()


def _shut(each: socket.socket) -> None:
    with suppress(OSError):
        each.shutdown(socket.SHUT_RDWR)
