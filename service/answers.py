"""What forecasts and judgements share. A leaf."""

from typing import NamedTuple


class Warned(NamedTuple):
    """Something true of an answer that its reader should know."""

    code: str
    detail: str


def pieces(places: list[int], size: int) -> list[list[int]]:
    """Cut a list into lists of at most `size`, in order."""
    return [places[begin : begin + size] for begin in range(0, len(places), size)]
