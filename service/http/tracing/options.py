"""The OTEL_… variables → what the traces of this service need of them, or why there are none, in words.

The names and the meanings are those of OpenTelemetry's specification. A wrong value never ends a start: it gives a line for
the log. Where it would be unclear what is sent or to whom, there are no traces; where only a number is wrong, its default holds.
The exporter reads headers, certificates and compression by itself; here they are only checked. Values may be secrets, so
none is repeated.
"""

import math
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

SAMPLERS = (
    "always_on",
    "always_off",
    "traceidratio",
    "parentbased_always_on",
    "parentbased_always_off",
    "parentbased_traceidratio",
)
PROTOCOL = "http/protobuf"
DEFAULT_ENDPOINT = "http://localhost:4318"
TRACES_PATH = "/v1/traces"
GRPC_PORT = 4317
HEADER = re.compile(r"[ \t]*[!#$%&'*+.^_`|~0-9A-Za-z-]+[ \t]*=[ -+\--~]*")
COMPRESSIONS = ("none", "gzip", "deflate")
FILES = ("CERTIFICATE", "CLIENT_KEY", "CLIENT_CERTIFICATE")
MIN_QUEUE = 32  # spans: those of any request find room together
MAX_QUEUE = 1 << 16
MAX_MILLISECONDS = 600_000
MIN_TIMEOUT_MS = 100


class Off(Exception):
    """There are no traces. The message says why; it is empty where nobody asked for them."""


class TraceOptions(NamedTuple):
    """What is asked for. `ratio` is that of a sampler that has one. `endpoint` is None for the console."""

    endpoint: str | None
    sampler: str
    ratio: float
    takes_parents: bool
    timeout_s: float
    max_spans: int
    batch_spans: int
    delay_s: float


Warn = Callable[[str], None]


class Variables:
    """Environment variables; an empty one counts as not set."""

    def __init__(self, environ: Mapping[str, str], warn: Warn) -> None:
        self._environ = environ
        self.warn = warn

    def get(self, name: str) -> str:
        return self._environ.get(name, "").strip()

    def otlp(self, name: str) -> tuple[str, str]:
        """The variable of an exporter that holds, the one for traces before the one for all signals; and its value."""
        for variable in (f"OTEL_EXPORTER_OTLP_TRACES_{name}", f"OTEL_EXPORTER_OTLP_{name}"):
            if value := self.get(variable):
                return variable, value
        return f"OTEL_EXPORTER_OTLP_{name}", ""

    def number(self, name: str, default: int, least: int, most: int) -> int:
        """A whole number; with a warning its default, if it is none or out of its range."""
        value = self.get(name)
        if not value:
            return default
        if re.fullmatch("[0-9]{1,9}", value) and least <= int(value) <= most:
            return int(value)
        self.warn(f"{name} must be a whole number from {least} to {most}; {default} is used")
        return default


def read(environ: Mapping[str, str], warn: Warn) -> TraceOptions:
    """Return what is asked for; `warn` is told what is wrong. Raises Off."""
    variables = Variables(environ, warn)
    endpoint = _endpoint(variables) if _exporter(variables) == "otlp" else None
    sampler, ratio = _sampler(variables)
    max_spans = variables.number("OTEL_BSP_MAX_QUEUE_SIZE", 2048, MIN_QUEUE, MAX_QUEUE)
    batch = variables.number("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", min(512, max_spans), 1, max_spans)
    delay_ms = variables.number("OTEL_BSP_SCHEDULE_DELAY", 5000, 1, MAX_MILLISECONDS)
    return TraceOptions(
        endpoint, sampler, ratio, _takes_parents(variables), _timeout(variables), max_spans, batch, delay_ms / 1000
    )


def _exporter(variables: Variables) -> str:
    """The exporter that is asked for, by its name or by an endpoint. Raises Off."""
    exporter = variables.get("OTEL_TRACES_EXPORTER").lower()
    if not exporter and variables.otlp("ENDPOINT")[1]:
        exporter = "otlp"
    if exporter in ("", "none") or variables.get("OTEL_SDK_DISABLED").lower() == "true":
        raise Off
    if exporter not in ("otlp", "console"):
        raise Off("OTEL_TRACES_EXPORTER must be otlp, console or none")
    return exporter


def _endpoint(variables: Variables) -> str:
    """The URL that spans are sent to. Raises Off."""
    _check_protocol(variables)
    _check_files(variables)
    _check_headers(variables)
    variable, value = variables.otlp("ENDPOINT")
    url = value or DEFAULT_ENDPOINT
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    if parts.scheme not in ("http", "https") or not parts.hostname or not url.isprintable() or " " in url:
        raise Off(f"{variable} must be a URL such as {DEFAULT_ENDPOINT}")
    if port == GRPC_PORT:
        variables.warn(f"{variable} has the port {port}, where collectors expect gRPC; HTTP has mostly 4318")
    if "TRACES" not in variable:
        return url.rstrip("/") + TRACES_PATH
    if parts.path in ("", "/"):
        variables.warn(f"{variable} is used as it is, and has no path; collectors expect {TRACES_PATH}")
    return url


def _check_protocol(variables: Variables) -> None:
    variable, protocol = variables.otlp("PROTOCOL")
    if protocol.lower() not in ("", PROTOCOL):
        raise Off(f"{variable} must be {PROTOCOL} (a collector's port for it is mostly 4318); no other is spoken here")


def _check_files(variables: Variables) -> None:
    for name in FILES:
        variable, value = variables.otlp(name)
        try:
            if value:
                Path(value).open("rb").close()
        except (OSError, ValueError) as error:
            raise Off(f"{variable}: the file cannot be read: {getattr(error, 'strerror', None) or error}") from None


def _check_headers(variables: Variables) -> None:
    variable, value = variables.otlp("HEADERS")
    for number, pair in enumerate(filter(None, map(str.strip, value.split(","))), 1):
        if not HEADER.fullmatch(pair):
            raise Off(f"{variable}: its part {number} is not name=value; parts have commas between them")
    variable, value = variables.otlp("COMPRESSION")
    if value.lower() not in ("", *COMPRESSIONS):
        variables.warn(f"{variable} must be {', '.join(COMPRESSIONS)}; spans are sent uncompressed")


def _sampler(variables: Variables) -> tuple[str, float]:
    """The sampler's name, and its ratio. Raises Off: a default would send everything."""
    sampler = variables.get("OTEL_TRACES_SAMPLER").lower() or "parentbased_always_on"
    if sampler not in SAMPLERS:
        raise Off(f"OTEL_TRACES_SAMPLER must be one of {', '.join(SAMPLERS)}")
    value = variables.get("OTEL_TRACES_SAMPLER_ARG")
    if not sampler.endswith("ratio") or not value:
        return sampler, 1.0
    try:
        ratio = float(value)
    except ValueError:
        ratio = math.nan
    if not 0 <= ratio <= 1:
        raise Off("OTEL_TRACES_SAMPLER_ARG must be a number from 0 to 1, such as 0.01")
    return sampler, ratio


def _takes_parents(variables: Variables) -> bool:
    """Whether callers may say which trace a request belongs to."""
    names = [name.strip().lower() for name in variables.get("OTEL_PROPAGATORS").split(",") if name.strip()]
    others = sorted(set(names) - {"tracecontext", "baggage", "none"})
    if others:
        variables.warn("of OTEL_PROPAGATORS only tracecontext is understood here; other headers are not read")
    return not names or "tracecontext" in names


def _timeout(variables: Variables) -> float:
    variable, _ = variables.otlp("TIMEOUT")
    milliseconds = variables.number(variable, 10_000, 1, MAX_MILLISECONDS)
    if milliseconds < MIN_TIMEOUT_MS:
        variables.warn(f"{variable} is in milliseconds; {milliseconds} is very short")
    return milliseconds / 1000
