"""The rows of a request: the protocol has no errors of single rows, so a request is answered as a whole or refused."""

from collections.abc import AsyncIterator, Mapping
from typing import TypeVar

from ....errors import Fault, InvalidRequest

T = TypeVar("T")
MAX_NAMED = 10  # rows that a refusal names


async def all_rows(outcomes: AsyncIterator[T | Exception]) -> list[T]:
    """The answers of all rows. Raises InvalidRequest that names the rows that have none, or another error of a row."""
    answers: list[T] = []
    errors: dict[int, Exception] = {}
    index = 0
    async for outcome in outcomes:
        if isinstance(outcome, Exception):
            errors[index] = outcome
        else:
            answers.append(outcome)
        index += 1
    if errors:
        raise _refusal(errors, index)
    return answers


def _refusal(errors: Mapping[int, Exception], count: int) -> Exception:
    faults: list[Fault] = []
    for index, error in errors.items():
        if not isinstance(error, InvalidRequest):
            return error
        if len(faults) < MAX_NAMED:
            faults.append(Fault(f"row {index}:", error.detail))
    many = f"{len(errors)} of the {count} rows" if count > 1 else "the row"
    more = f" (the first {MAX_NAMED} of them are named)" if len(errors) > MAX_NAMED else ""
    return InvalidRequest(f"{many} cannot be answered{more}, and so the request is not", faults=faults)
