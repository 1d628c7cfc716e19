"""How tests ask the server of the tools: with the SDK's own client."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from mcp import Client

from service.artifacts.bundle import Bundle
from service.mcp.server import make_server
from service.serving.repository import ModelRepository
from tests import fakes

T = TypeVar("T")


@asynccontextmanager
async def connected(models: Path, bundles: list[Bundle], **changes: Any) -> AsyncIterator[Client]:
    """A client of a server with fake models, in this process."""
    settings = fakes.settings(models, **changes)
    repository = ModelRepository(settings, fakes.FakeLoad(models, bundles))
    opening = asyncio.ensure_future(repository.open())
    try:
        async with Client(make_server(repository, settings, opening)) as client:
            yield client
    finally:
        await repository.close()


def ask(
    tmp_path: Path, question: Callable[[Client], Awaitable[T]], bundles: list[Bundle] | None = None, **changes: Any
) -> T:
    """The answer to one question to a server with fake models."""

    models = tmp_path / "fakes"
    models.mkdir()

    async def run() -> T:
        async with connected(models, bundles or fakes.default_bundles(), **changes) as client:
            return await question(client)

    return asyncio.run(run())
