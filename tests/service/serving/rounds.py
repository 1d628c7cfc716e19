"""What is done in each round of the event loop: no more than one piece of work of any request."""

import asyncio
import itertools
from collections.abc import Awaitable
from functools import wraps
from typing import Any

import pytest

from service.serving import turns


def note_calls(monkeypatch: pytest.MonkeyPatch, owner: Any, *names: str, pieces: list[str] | None = None) -> list[str]:
    """Let functions of a class or module note their names when they are called, each a piece of work."""
    noted = [] if pieces is None else pieces

    def noting(name: str, function: Any) -> Any:
        @wraps(function)
        def call(*arguments: Any, **options: Any) -> Any:
            noted.append(name)
            return function(*arguments, **options)

        return call

    for name in names:
        monkeypatch.setattr(owner, name, noting(name, getattr(owner, name)))
    return noted


async def most_pieces_in_a_round(
    monkeypatch: pytest.MonkeyPatch, pieces: list[str], work: Awaitable[Any]
) -> tuple[int, Any]:
    """The most pieces that were done between two turns of another task, and the result of the work.

    Every piece counts as long.
    """
    monkeypatch.setattr(turns, "TURN_SECONDS", 0.0)
    seen = [0]

    async def bystander() -> None:
        while True:
            seen.append(len(pieces))
            await asyncio.sleep(0)

    other = asyncio.create_task(bystander())
    result = await work
    other.cancel()
    seen.append(len(pieces))
    return max(after - before for before, after in itertools.pairwise(seen)), result
