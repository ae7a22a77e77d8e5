"""One line per log record, with the invocation it belongs to."""

import logging
import sys

from function_host.telemetry.context import current_invocation

_OURS = ("Function", "Host", "function_host", "triggers")
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


def keep_own_loggers() -> None:
    """Let the host go on speaking: a logging configuration that an app loads silences the loggers there were."""
    for name, logger in logging.root.manager.loggerDict.items():
        if isinstance(logger, logging.Logger) and name.split(".", maxsplit=1)[0] in _OURS:
            logger.disabled = False
