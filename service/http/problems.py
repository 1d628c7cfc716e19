"""What each status of a problem means, for the OpenAPI schema, with an example of every error that is answered with it."""

from typing import NamedTuple

from .. import errors
from ..errors import Fault, GatecastError

LIMITS = ("RateLimit", "RateLimit-Policy")


class Documented(NamedTuple):
    """A status: what it means, errors that are answered with it, and the headers that come with it."""

    description: str
    examples: tuple[GatecastError, ...]
    headers: tuple[str, ...] = ()


PROBLEMS = {
    400: Documented(
        "the request is not HTTP, asks for a host that is not served here, or its body is not JSON",
        (
            errors.MalformedBody("the body is not JSON: expected value at line 1 column 1"),
            errors.MalformedRequest("a header line has no colon"),
            errors.UnknownHost("the header Host names a host that is not served here"),
        ),
    ),
    401: Documented(
        "no key was sent, or one that is not known",
        (errors.Unauthorised("send a key as 'Authorization: Bearer …' or as X-API-Key"),),
        ("WWW-Authenticate",),
    ),
    403: Documented("the key is not allowed to do this", (errors.Forbidden("this key is not for the admin routes"),)),
    404: Documented(
        "unknown path, model or version; `detail` lists those there are",
        (
            errors.NotFound("no such path; /docs lists those there are"),
            errors.UnknownModel("there is no model 'gur'; loaded are gru, lstm, sentiment"),
        ),
    ),
    405: Documented(
        "another method than the path answers",
        (errors.MethodNotAllowed("this path does not answer GET; it answers POST"),),
        ("Allow",),
    ),
    408: Documented(
        "the body did not arrive in time", (errors.BodyTimeout("the body did not arrive within 10000 ms"),)
    ),
    413: Documented(
        "the body is over the limit, as sent or inflated",
        (
            errors.BodyTooLarge(
                "the body is larger than 4194304 bytes; send less at once: a batch can go in 2 requests or more. "
                "About 209,715 readings of 17 digits fit in one body"
            ),
        ),
    ),
    415: Documented(
        "the body is not JSON by its type, or compressed in another way than gzip or zstd",
        (errors.UnsupportedMedia("send the body as JSON, with 'Content-Type: application/json'"),),
        ("Accept-Encoding",),
    ),
    417: Documented(
        "the header Expect asks for another thing than 100-continue",
        (errors.UnmetExpectation("Expect may only be 100-continue"),),
    ),
    422: Documented(
        "JSON, but not a valid request; or valid, but more than a loaded model can do, which has a type of its own",
        (
            errors.InvalidRequest(
                "the request is not valid: /readings/0: must be a number or null",
                faults=[Fault("/readings/0", "must be a number or null")],
            ),
            errors.DuplicateId("the id is used by /series/0 already", pointer="/id"),
            errors.TooManyAtOnce("120 series are more than the limit of this caller allows at once", pointer=""),
            errors.TooFewReadings("model 'gru' reads a window of 15 readings; 9 were sent", pointer="/readings"),
            errors.MissingReadings("4 of the 15 readings used are missing; at most 3 may be", pointer="/readings"),
            errors.ReadingsTooLarge(
                "readings must lie within ±1e+30; send them in larger units", pointer="/readings/3"
            ),
            errors.UnusableBounds("`minimum` must be less than `maximum`", pointer="/minimum"),
            errors.UnsupportedLevel("model 'gru' supports levels up to 99", pointer="/levels/0"),
            errors.UnusableFrequency("frequency must be a pandas offset alias, such as MS", pointer="/frequency"),
            errors.UnreadableText("the text has no character that can be read", pointer="/text"),
            errors.NotOffered("no loaded model forecasts", pointer="/model"),
        ),
    ),
    429: Documented(
        "more requests, series or texts than this caller may send, or more wrong keys",
        (errors.TooManyRequests("over the limit (requests: 10 a second on average, 100 at once); try again in 1 s"),),
        ("Retry-After", *LIMITS),
    ),
    431: Documented(
        "request line and headers are too large",
        (errors.HeadersTooLarge("request line and headers may have 32768 bytes and 100 fields together; send less"),),
    ),
    500: Documented("a defect", (errors.ModelFault("a defect; the log has it under the request id"),)),
    503: Documented(
        "too much to do, starting, or about to stop",
        (
            errors.Overloaded("the model's queue is full; try again in 1 s"),
            errors.NotReady("the models are not loaded and proven yet"),
        ),
        ("Retry-After",),
    ),
    504: Documented(
        "the time limit passed",
        (errors.DeadlineExceeded("the request's time limit passed before all of it was done"),),
    ),
}
