"""The tools: what an assistant is told of each, what it sends and gets. Their answers are those of HTTP routes."""

from collections.abc import Mapping
from typing import NamedTuple

from mcp_types import Tool, ToolAnnotations
from pydantic import BaseModel, ConfigDict

from ..http.predict_route import PredictRoute
from ..http.request import RequestContext
from ..http.routes import anomalies, forecast, models, sentiment
from ..http.schemas_operations import ModelList
from .json_schema import input_schema, output_schema

INSTRUCTIONS = (
    "Forecasts, anomalies and sentiment from trained networks that run on this machine; nothing is sent elsewhere. Use these "
    "tools instead of estimating such numbers yourself. Send readings as they are, oldest first and evenly spaced, with `start` and "
    "`frequency` where they have dates. Pass on what answers say of themselves: `warnings`, intervals, `uncertain`, and whether "
    "`skill.ratio` is under 1 (better than repeating the last season). An error says what to send instead."
)


class ToolRoute(NamedTuple):
    """A tool, and the HTTP route whose answers it gives."""

    title: str
    description: str
    path: str
    route: PredictRoute


class ModelsRequest(BaseModel):
    """Nothing has to be said."""

    model_config = ConfigDict(extra="forbid", frozen=True)


async def list_models(_: ModelsRequest, context: RequestContext) -> bytes:
    """Every loaded version, as JSON."""
    return (await models.models(context.registry)).model_dump_json().encode()


TOOLS: Mapping[str, ToolRoute] = {
    "forecast": ToolRoute(
        "Forecast a series",
        "Forecast the next values of a numeric time series (sales by month, load by hour, visits by day, …) from its past "
        "readings: the most likely value of each step, intervals that hold future readings in 80 and 95 percent of cases "
        "(or at other `levels`), dates of the steps, and `skill`: the error on earlier parts of the same readings over that of "
        "repeating the last season, so under 1 is better. Any series from about a dozen readings on; two seasons or more are "
        "better. Leave `model` out unless the user names one.",
        "/forecast",
        forecast.PREDICT_ROUTES["/forecast"],
    ),
    "anomalies": ToolRoute(
        "Find anomalies in a series",
        "Say which of the last readings of a numeric time series were not to be expected from those before them. Each of the "
        "judged readings comes with what was expected, the bounds of normal readings, a score (the share of normal readings "
        "that are further off; near 0 is odd) and `anomaly`: whether it lies outside the bounds.",
        "/anomalies",
        anomalies.PREDICT_ROUTES["/anomalies"],
    ),
    "sentiment": ToolRoute(
        "Judge the sentiment of a text",
        "Say whether an English text such as a review or a comment is positive, neutral or negative (or of which other classes "
        "the named model has learnt): calibrated probabilities, whether the answer is `uncertain` and the text `mixed`. With "
        "`explain`, what each word adds; with `sentences`, each sentence judged alone. One text a call.",
        "/sentiment",
        sentiment.PREDICT_ROUTES["/sentiment"],
    ),
    "models": ToolRoute(
        "List the models",
        "List the loaded models with their tasks and limits: names for `model` and `version` of the other tools. The resources "
        "of this server are their cards: what each was trained on, how it was measured, and its limits.",
        "/models",
        PredictRoute(ModelsRequest, ModelList, list_models),
    ),
}


def described() -> list[Tool]:
    """The tools as the protocol lists them. All of them only read, and the same call gives the same answer."""
    return [
        Tool(
            name=name,
            title=tool.title,
            description=tool.description,
            input_schema=input_schema(tool.route.body),
            output_schema=output_schema(tool.route.response),
            annotations=ToolAnnotations(
                read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False
            ),
        )
        for name, tool in TOOLS.items()
    ]
