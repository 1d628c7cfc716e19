"""JSON in, a validated request out; every fault with a JSON Pointer. The input is never repeated."""

from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from service.errors import Fault, InvalidRequest, MalformedBody
from service.serving.turns import Turns

Body = TypeVar("Body", bound=BaseModel)
MAX_FAULTS = 50


async def parse(raw: bytes, model: type[Body], turns: Turns) -> Body:
    """Parse and validate a whole body. Raises MalformedBody or InvalidRequest, and what `turns` raises."""
    await turns.next()
    try:
        return model.__pydantic_validator__.validate_json(raw)  # type: ignore[no-any-return]
    except ValidationError as error:
        raise _as_problem(error) from None


def validate(model: type[Body], value: Any) -> Body:
    """Validate one item of a batch, as `json.loads` would give it. Raises InvalidRequest."""
    try:
        return model.__pydantic_validator__.validate_python(value)  # type: ignore[no-any-return]
    except ValidationError as error:
        raise _as_problem(error) from None


def _as_problem(error: ValidationError) -> MalformedBody | InvalidRequest:
    """Every fault with its JSON Pointer. The input is never repeated."""
    errors = error.errors(include_url=False, include_context=False, include_input=False)
    if errors[0]["type"] == "json_invalid":
        return MalformedBody(f"the body is not JSON: {errors[0]['msg'].removeprefix('Invalid JSON: ')}")
    faults = [Fault(_pointer(fault["loc"]), fault["msg"]) for fault in errors[:MAX_FAULTS]]
    more = f", the first {MAX_FAULTS} of {len(errors)} are listed" if len(errors) > MAX_FAULTS else ""
    where = faults[0].pointer or "the body"
    return InvalidRequest(f"the request is not valid: {where}: {faults[0].detail}{more}", faults=faults)


def _pointer(location: tuple[int | str, ...]) -> str:
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in location)
