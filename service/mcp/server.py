"""The protocol's server: lists the tools and the cards, and answers calls as the HTTP routes do."""

import asyncio
import itertools
import logging
from time import perf_counter
from typing import Any

from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INVALID_PARAMS,
    CallToolRequestParams,
    CallToolResult,
    ListResourcesResult,
    ListToolsResult,
    PaginatedRequestParams,
    ReadResourceRequestParams,
    ReadResourceResult,
    Resource,
    TextContent,
    TextResourceContents,
)
from pydantic_core import from_json
from starlette.types import Message

from .. import __version__
from ..errors import ClientDisconnected, GatecastError, ModelFault, UnknownModel
from ..http.access_log import log_defect
from ..http.body import validate
from ..http.request import RequestContext
from ..serving.registry import LoadedModel, Registry, quoted
from ..serving.repository import ModelRepository
from ..settings import Settings
from .tools import INSTRUCTIONS, TOOLS, ToolRoute, described

CARDS = "gatecast://models/"
log = logging.getLogger("gatecast")
Context = ServerRequestContext[Any]


class Answers:
    """Answers the requests of one client, from the models of a repository, as soon as it is open."""

    def __init__(self, repository: ModelRepository, settings: Settings, opening: asyncio.Future[Any]) -> None:
        self._repository, self._settings, self._opening = repository, settings, opening
        self._tools = ListToolsResult(tools=described())
        self._calls = itertools.count(1)

    async def list_tools(self, _: Context, __: PaginatedRequestParams | None) -> ListToolsResult:
        return self._tools

    async def call_tool(self, _: Context, params: CallToolRequestParams) -> CallToolResult:
        """The answer of a tool, or the error that says what to send instead. Raises MCPError for an unknown tool."""
        tool = TOOLS.get(params.name)
        if tool is None:
            raise MCPError(INVALID_PARAMS, f"there is no tool of that name; the tools are {quoted(TOOLS)}")
        began, call = perf_counter(), f"mcp-{next(self._calls)}"
        try:
            answer = await self._answer(tool, params.arguments or {}, call)
            result, status = _result(answer), 200
        except GatecastError as error:
            result, status = _refusal(error), error.status
        if self._settings.access_log:
            log.info("tool %s: %d in %.1f ms", params.name, status, (perf_counter() - began) * 1e3)
        return result

    async def _answer(self, tool: ToolRoute, arguments: dict[str, Any], call: str) -> bytes:
        """The answer as JSON. Raises GatecastError; a defect is logged and told as ModelFault."""
        registry = await self._registry()
        context = RequestContext({"type": "http", "path": tool.path, "headers": []}, _no_body)
        context.deadline = context.parse_deadline(self._settings.timeout_ms, self._settings.max_timeout_ms)
        context.registry = registry
        registry.enter()
        try:
            answer = await tool.route.handler(validate(tool.route.body, arguments), context)
            return answer if isinstance(answer, bytes) else answer.body
        except GatecastError:
            raise
        except Exception as error:
            log_defect(call, error)
            raise ModelFault(f"a defect; the log of the server has it under {call}") from error
        finally:
            registry.leave()

    async def list_resources(self, _: Context, __: PaginatedRequestParams | None) -> ListResourcesResult:
        """The card of every loaded version."""
        return ListResourcesResult(resources=[_resource(model) for model in await self._registry()])

    async def read_resource(self, _: Context, params: ReadResourceRequestParams) -> ReadResourceResult:
        """A card as JSON. Raises MCPError if no such version is loaded."""
        try:
            card = _find(await self._registry(), str(params.uri)).predictor.card
        except UnknownModel as error:
            raise MCPError(INVALID_PARAMS, error.detail) from None
        text = card.model_dump_json()
        return ReadResourceResult(
            contents=[TextResourceContents(uri=params.uri, mime_type="application/json", text=text)]
        )

    async def _registry(self) -> Registry:
        """The models, as soon as they are open."""
        await asyncio.shield(self._opening)
        return self._repository.registry


def make_server(repository: ModelRepository, settings: Settings, opening: asyncio.Future[Any]) -> Server[Any]:
    """The server of a repository that `opening` opens."""
    answers = Answers(repository, settings, opening)
    return Server(
        "gatecast",
        version=__version__,
        title="Gatecast",
        instructions=INSTRUCTIONS,
        on_list_tools=answers.list_tools,
        on_call_tool=answers.call_tool,
        on_list_resources=answers.list_resources,
        on_read_resource=answers.read_resource,
    )


def _result(answer: bytes) -> CallToolResult:
    """The answer for programs, and the same as text for hosts that read only that."""
    return CallToolResult(
        content=[TextContent(type="text", text=answer.decode())], structured_content=from_json(answer)
    )


def _refusal(error: GatecastError) -> CallToolResult:
    """An error in the words of the problem that HTTP answers, with each of its faults."""
    problem = error.problem("", "")
    faults = [f"- {fault['pointer'] or '/'}: {fault['detail']}" for fault in problem["errors"]]
    text = "\n".join([f"{problem['title']}: {problem['detail']}", *faults])
    return CallToolResult(content=[TextContent(type="text", text=text)], is_error=True)


def _resource(model: LoadedModel) -> Resource:
    card = model.predictor.card
    return Resource(
        uri=f"{CARDS}{card.name}/{card.version}",
        name=f"{card.name}/{card.version}",
        title=f"Card of {card.name}, version {card.version}",
        description=f"{card.task}: what the model was trained on, how it was measured, and its limits",
        mime_type="application/json",
    )


def _find(registry: Registry, uri: str) -> LoadedModel:
    """The model of a card's URI. Raises UnknownModel."""
    name, _, version = uri.removeprefix(CARDS).partition("/")
    if not uri.startswith(CARDS) or not version:
        raise UnknownModel(f"cards are {CARDS}NAME/VERSION; list the resources to see which there are")
    return registry.get(name, version)


async def _no_body() -> Message:
    raise ClientDisconnected("a tool's arguments are no body")
