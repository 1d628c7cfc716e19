"""The parameters of a forecast. Clients can send strings, numbers, true and false: lists are written with commas."""

from contextlib import suppress
from typing import Any

from ....errors import Fault, InvalidRequest, NotOffered
from ...body import validate
from ...schema_parts import Frequency, Horizon, Levels
from ...schemas import SeriesFacts
from .outputs import ALL_BINARY

TIMEOUT = "timeout"  # in microseconds
OF_PROTOCOL = frozenset([ALL_BINARY, TIMEOUT])
NO_SEQUENCES = (
    "sequences are not offered: each request stands alone; leave sequence_id, sequence_start and sequence_end out"
)
REFUSED = {  # what Triton's client can send besides
    **dict.fromkeys(["sequence_id", "sequence_start", "sequence_end"], NO_SEQUENCES),
    "priority": "priorities are not offered: requests are answered in turn; leave priority out",
}
MAX_TIMEOUT = 2**64  # that the protocol's clients can send; a longer one than the service's own changes nothing
MAX_TEXT = 200  # characters of a list that is written as a string


class ForecastParameters(SeriesFacts):
    horizon: Horizon
    levels: Levels
    frequency: Frequency


def forecast_parameters(sent: dict[str, Any]) -> ForecastParameters:
    """Validate the parameters of a forecast. Raises InvalidRequest or NotOffered."""
    check_offered(sent)
    own = {name: _value(name, value) for name, value in sent.items() if name not in OF_PROTOCOL}
    try:
        return validate(ForecastParameters, own)
    except InvalidRequest as error:
        faults = [Fault(f"/parameters{fault.pointer}", fault.detail) for fault in error.faults]
        raise InvalidRequest(f"{faults[0].pointer} {faults[0].detail}", faults=faults) from None


def check_none(sent: dict[str, Any], model: str) -> None:
    """Check that a sentiment model gets no parameters but those of the protocol. Raises InvalidRequest or NotOffered."""
    check_offered(sent)
    if unknown := next((name for name in sent if name not in OF_PROTOCOL), None):
        raise InvalidRequest(
            f"model '{model}' has no parameter `{unknown[:40]}`; it has none but `{ALL_BINARY}` and `{TIMEOUT}`",
            pointer="/parameters",
        )


def check_offered(sent: dict[str, Any]) -> None:
    """Check that nothing is sent that the protocol has, and this service does not. Raises NotOffered."""
    if found := next((name for name in sent if name in REFUSED), None):
        raise NotOffered(f"/parameters/{found}: {REFUSED[found]}", pointer=f"/parameters/{found}")


def timeout_seconds(sent: dict[str, Any]) -> float | None:
    """The time limit that a client sends; None if it sends none. Raises InvalidRequest."""
    value = sent.get(TIMEOUT)
    if value is None or value == 0:
        return None
    if type(value) is not int or not 0 <= value < MAX_TIMEOUT:
        raise InvalidRequest(
            "/parameters/timeout must be a whole number of microseconds", pointer="/parameters/timeout"
        )
    return float(value) / 1e6


def _value(name: str, value: Any) -> Any:
    """A number, or a list of numbers, that may be written as a string."""
    if name == "levels":
        parts = value.split(",") if isinstance(value, str) and len(value) <= MAX_TEXT else value
        if isinstance(parts, list):
            return [_number(part) for part in parts if part != ""]
        return [_number(parts)] if type(parts) in (int, float) else parts
    return value if name == "frequency" else _number(value)


def _number(value: Any) -> Any:
    if isinstance(value, str) and len(value) <= MAX_TEXT:
        with suppress(ValueError):
            number = float(value)
            return int(number) if number.is_integer() else number
    return value
