"""The start of traces: what the environment asks for, or a line in the log that says why there are none."""

import logging
from collections.abc import Mapping
from urllib.parse import urlsplit

from .interface import Tracing
from .options import Off, TraceOptions, read
from .reports import Reasons

CLOSE_SECONDS = 1.0  # for the last spans of the process
NOT_INSTALLED = (
    "they need the packages of the extra 'tracing' (pip install 'gatecast[tracing]'), which are not installed"
)

log = logging.getLogger("gatecast")


def start_tracing(environ: Mapping[str, str], worker: int | None = None) -> Tracing | None:
    """Start to trace, if the OTEL_ variables ask for it. `worker` is the number of this process among those of its host.

    What is wrong with them is logged. It never ends a start.
    """
    reasons = Reasons()
    try:
        options = read(environ, lambda warning: log.warning("traces: %s", warning))
        reasons.install()
        tracing = _make(options, reasons, worker)
    except Off as off:
        if str(off):
            log.warning("traces are off: %s", off)
        reasons.remove()
        return None
    log.info("traces: %s", _told(options))
    return tracing


def _make(options: TraceOptions, reasons: Reasons, worker: int | None) -> Tracing:
    """Raises Off."""
    try:
        from .provider import make_tracing

        return make_tracing(options, reasons, worker)
    except ImportError:
        raise Off(NOT_INSTALLED) from None
    except Exception as error:  # the SDK reads more variables, some at its import, and raises where they are wrong
        raise Off(f"the SDK says: {error}") from None


def _told(options: TraceOptions) -> str:
    """Where spans go, without what might be a password; and how many."""
    if options.endpoint is None:
        where = "to standard output"
    else:
        parts = urlsplit(options.endpoint)
        where = f"to {parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
    ratio = f", {options.ratio:g}" if options.sampler.endswith("ratio") else ""
    return f"{where}, sampler {options.sampler}{ratio}"
