"""The errors that a client can get, each with its HTTP status, and their one form on the wire.

GatecastError
├── MalformedRequest 400         MalformedBody 400         UnknownHost 400
├── UnsupportedMedia 415         BodyTooLarge 413          UnmetExpectation 417
├── NotFound 404                 (UnknownModel)
├── MethodNotAllowed 405
├── Unauthorised 401             Forbidden 403
├── InvalidRequest 422           (TooFewReadings, MissingReadings, UnusableBounds, NotOffered, …)
├── BodyTimeout 408              HeadersTooLarge 431
├── TooManyRequests 429
├── Overloaded 503               NotReady 503
├── DeadlineExceeded 504
├── ClientDisconnected 499       (nobody reads it but the log and the metrics)
└── ModelFault 500               any other exception is answered as this one

The wire form is application/problem+json (RFC 9457). Handlers that turn exceptions into
responses are wired in `app.py`; what went wrong inside never reaches the caller.
"""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Literal, NamedTuple, Self

MAX_INSTANCE = 200  # characters of a path that a problem repeats
MAX_FAULTS = 50  # that are listed
# Why a request is not worked on, for the metrics: too many are in flight, the model's queue is full, its turn would come too
# late, its caller has used up its rate, the models are not there, it is no HTTP, too many connections are open, its body
# finds no room, too many wrong keys came from its network.
Refusal = Literal["in_flight", "queue", "late", "rate", "not_ready", "parser", "connections", "memory", "wrong_keys"]


class Fault(NamedTuple):
    """One thing wrong with a request: where (a JSON Pointer, RFC 6901) and what."""

    pointer: str
    detail: str


class GatecastError(Exception):
    """Base of every error that is meant for a caller.

    `detail` says what was wrong, where, and what would be right; it never repeats the input. `refusal` is set where the
    request was not worked on.
    """

    status: ClassVar[int] = 500
    slug: ClassVar[str] = "internal-error"
    title: ClassVar[str] = "Internal error"
    refusal: Refusal | None = None

    def __init__(
        self,
        detail: str,
        *,
        faults: Sequence[Fault] = (),
        headers: dict[str, str] | None = None,
        refusal: Refusal | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.faults = list(faults)
        self.headers = headers or {}
        if refusal is not None:
            self.refusal = refusal

    def problem(self, instance: str, request_id: str, trace_id: str | None = None) -> dict[str, Any]:
        """The body of application/problem+json for this error. It has a trace id where the request belongs to a trace."""
        traced = {} if trace_id is None else {"trace_id": trace_id}
        return {
            "type": f"/problems/{self.slug}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "instance": instance[:MAX_INSTANCE],
            "request_id": request_id,
            **traced,
            "errors": [fault._asdict() for fault in self.faults[:MAX_FAULTS]],
        }


class ModelFault(GatecastError):
    """The model failed on this input, or an unforeseen defect; the log has the traceback."""


class MalformedRequest(GatecastError):
    """What came is not HTTP."""

    status, slug, title = 400, "malformed-request", "Malformed request"
    refusal = "parser"


class UnknownHost(GatecastError):
    status, slug, title = 400, "unknown-host", "Unknown host"


class UnmetExpectation(GatecastError):
    status, slug, title = 417, "unmet-expectation", "Unmet expectation"
    refusal = "parser"


class MalformedBody(GatecastError):
    status, slug, title = 400, "malformed-body", "Malformed body"


class NotFound(GatecastError):
    status, slug, title = 404, "not-found", "Not found"


class UnknownModel(NotFound):
    slug, title = "unknown-model", "Unknown model"


class MethodNotAllowed(GatecastError):
    status, slug, title = 405, "method-not-allowed", "Method not allowed"


class BodyTooLarge(GatecastError):
    status, slug, title = 413, "body-too-large", "Body too large"


class Unauthorised(GatecastError):
    status, slug, title = 401, "unauthorised", "Unauthorised"


class Forbidden(GatecastError):
    status, slug, title = 403, "forbidden", "Forbidden"


class UnsupportedMedia(GatecastError):
    status, slug, title = 415, "unsupported-media-type", "Unsupported media type"


class InvalidRequest(GatecastError):
    """JSON, but not a valid request; `pointer` is a shorthand for a single fault."""

    status, slug, title = 422, "invalid-request", "Invalid request"

    def __init__(self, detail: str, *, pointer: str | None = None, faults: Sequence[Fault] = ()) -> None:
        own = [] if pointer is None else [Fault(pointer, detail)]
        super().__init__(detail, faults=[*own, *faults])

    def joined_by(self, *checks: Callable[[], object]) -> Self:
        """Return this error, with the faults that independent checks find added."""
        for check in checks:
            try:
                check()
            except GatecastError as other:
                known = set(self.faults)
                self.faults += [fault for fault in other.faults if fault not in known]
        return self


class DuplicateId(InvalidRequest):
    slug, title = "duplicate-id", "Duplicate id"


class TooManyAtOnce(InvalidRequest):
    """More than may ever come in one request, so that another try would not help."""

    slug, title = "too-many-at-once", "Too many at once"


class TooFewReadings(InvalidRequest):
    slug, title = "too-few-readings", "Too few readings"


class MissingReadings(InvalidRequest):
    slug, title = "missing-readings", "Too many missing readings"


class ReadingsTooLarge(InvalidRequest):
    slug, title = "readings-too-large", "Readings too large"


class UnusableBounds(InvalidRequest):
    """`minimum` and `maximum` are the wrong way round, or readings lie outside of them."""

    slug, title = "unusable-bounds", "Unusable bounds"


class UnsupportedLevel(InvalidRequest):
    slug, title = "unsupported-level", "Unsupported level"


class UnusableFrequency(InvalidRequest):
    slug, title = "unusable-frequency", "Unusable frequency"


class UnreadableText(InvalidRequest):
    slug, title = "unreadable-text", "Unreadable text"


class NotOffered(InvalidRequest):
    """No loaded model can do what was asked for, although the API has it."""

    slug, title = "not-offered", "Not offered"


class BodyTimeout(GatecastError):
    """The body did not arrive in time."""

    status, slug, title = 408, "body-timeout", "Body timeout"


class TooManyRequests(GatecastError):
    status, slug, title = 429, "too-many-requests", "Too many requests"
    refusal = "rate"


class HeadersTooLarge(GatecastError):
    status, slug, title = 431, "headers-too-large", "Request line or headers too large"
    refusal = "parser"


class Overloaded(GatecastError):
    status, slug, title = 503, "overloaded", "Overloaded"
    refusal = "in_flight"


class NotReady(GatecastError):
    status, slug, title = 503, "not-ready", "Not ready"
    refusal = "not_ready"


class DeadlineExceeded(GatecastError):
    status, slug, title = 504, "deadline-exceeded", "Deadline exceeded"


class ClientDisconnected(GatecastError):
    """The connection was closed before the answer was made."""

    status, slug, title = 499, "caller-left", "Caller left"
