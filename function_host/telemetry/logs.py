"""One line per log record, with the invocation it belongs to."""

import logging
import sys

from function_host.telemetry.context import current_invocation

_QUIET = ("azure.core", "azure.identity", "azure.storage", "uvicorn", "watchdog")


class InvocationFilter(logging.Filter):
    """Puts ` [function/invocation id]` into `record.invocation`, or nothing outside invocations."""

    def filter(self, record: logging.LogRecord) -> bool:
        invocation = current_invocation.get()
        record.invocation = f" [{invocation}]" if invocation else ""
        return True


def configure_logging(level: int = logging.INFO) -> None:
    """Send every record to standard error; libraries that log each of their requests speak up only to warn."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(InvocationFilter())
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s%(invocation)s %(message)s"))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
