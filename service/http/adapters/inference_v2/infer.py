"""POST /v2/models/{name}/infer: a tensor of n rows is a batch of n texts or series, and rides the same batchers."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ....errors import TooManyAtOnce
from ....forecast.bounds import bounds_of
from ....forecast.dates.frequency import parse as parse_frequency
from ....serving.forecasts import ForecastAnswer, forecast_many
from ....serving.registry import LoadedClassifier, LoadedForecaster
from ....serving.reviews import ReviewAnswer, ReviewOptions, predict_many
from ....serving.selection import ForecastOptions, ForecastQuery
from ....serving.turns import PREPARING_SHARE, Turns
from ...encoding import CODINGS, DEFLATE
from ...predict_route import PredictRoute, Reply
from ...request import RequestContext
from ...routes.common import PredictRouter
from .outputs import Output, Wanted, reply, wanted_outputs
from .parameters import ForecastParameters, check_none, forecast_parameters, timeout_seconds
from .requests import Inference, Input, read_inference
from .rows import all_rows
from .schemas import InferenceRequest, InferenceResponse
from .tensors import check_series, read_series, read_texts

TEXT, READINGS = "text", "readings"
SENTIMENT_OUTPUTS = {"label": "BYTES", "probability": "FP64", "uncertain": "BOOL"}
FORECAST_OUTPUTS = {"forecast": "FP64", "lower": "FP64", "upper": "FP64"}
MAX_OUTPUT_VALUES = 2_000_000  # 1,000 series of 400 steps with two levels


def check_scope(context: RequestContext) -> None:
    """Check that the model of the path is loaded, and that the caller's key may use it. Raises UnknownModel or Forbidden."""
    path = context.path_parameters
    model = context.registry.get(path["name"], path.get("version"))
    context.require("forecast" if isinstance(model, LoadedForecaster) else "sentiment")


async def infer(raw: bytes, context: RequestContext) -> Reply:
    """Run a model on tensors: the texts of a sentiment model, or the readings of a forecaster."""
    path = context.path_parameters
    model = context.registry.get(path["name"], path.get("version"))
    inference = await read_inference(raw, context)
    seconds = timeout_seconds(inference.parameters)
    if seconds is not None:
        context.deadline = min(context.deadline, context.began + seconds)
    if isinstance(model, LoadedForecaster):
        answered = await _forecast(model, inference, context)
    else:
        answered = await _sentiment(model, inference, context)
    context.model, context.version = model.predictor.card.name, model.predictor.card.version
    return answered


async def _sentiment(model: LoadedClassifier, inference: Inference, context: RequestContext) -> Reply:
    card = model.predictor.card
    tensor = inference.only(TEXT, card.name)
    check_none(inference.parameters, card.name)
    wanted = wanted_outputs(inference, [*SENTIMENT_OUTPUTS], card.name)
    texts = await read_texts(tensor, Turns(context, PREPARING_SHARE))
    context.charge(len(texts))
    options = ReviewOptions(False, False, card.version, card.name)
    answers = await all_rows(predict_many(context.registry, options, texts, context))
    shapes = {"label": [len(answers)], "probability": [len(answers), len(card.classes)], "uncertain": [len(answers)]}
    outputs = [Output(name, SENTIMENT_OUTPUTS[name], shapes[name], is_binary) for name, is_binary in wanted]
    turns = Turns(context)
    for answer in answers:
        values = _values_of_review(answer)
        for output in outputs:
            output.add(values[output.name])
        await turns.pause()
    return await reply(inference, card.name, card.version, outputs)


def _values_of_review(answer: ReviewAnswer) -> dict[str, list[str] | list[float] | list[bool]]:
    prediction = answer.prediction
    return {
        "label": [answer.card.classes[prediction.label]],
        "probability": prediction.probabilities,
        "uncertain": [prediction.uncertain],
    }


class _Size(NamedTuple):
    """Of a forecast: rows, steps, and the levels in the order of the request, which may have one twice."""

    rows: int
    steps: int
    levels: Sequence[float]

    @property
    def values(self) -> int:
        return self.rows * self.steps * (1 + 2 * len(self.levels))


async def _forecast(model: LoadedForecaster, inference: Inference, context: RequestContext) -> Reply:
    card = model.predictor.card
    tensor = inference.only(READINGS, card.name)
    parameters = forecast_parameters(inference.parameters)
    wanted = wanted_outputs(inference, [*FORECAST_OUTPUTS], card.name)
    rows, _ = check_series(tensor)
    context.charge(rows)
    own = model.predictor.levels(parameters.levels)
    size = _Size(rows, parameters.horizon or card.horizon, own if parameters.levels is None else parameters.levels)
    _check(parameters, size)
    options = ForecastOptions(parameters.horizon, parameters.levels, card.name, card.version)
    queries = _queries(tensor, parameters)
    answers = await all_rows(forecast_many(context.registry, options, queries, context))
    return await _forecast_reply(inference, answers, size, wanted, context)


def _check(parameters: ForecastParameters, size: _Size) -> None:
    """Check what would be at fault with every row. Raises UnusableBounds, UnusableFrequency or TooManyAtOnce."""
    bounds_of(parameters.minimum, parameters.maximum)
    if parameters.frequency is not None:
        parse_frequency(parameters.frequency)
    if size.values > MAX_OUTPUT_VALUES:
        raise TooManyAtOnce(
            f"{size.rows} rows of {size.steps} steps with {len(size.levels)} levels are more than {MAX_OUTPUT_VALUES:,} values; "
            "ask for fewer at once",
            pointer="/inputs/0/shape",
        )


def _queries(tensor: Input, parameters: ForecastParameters) -> Iterator[ForecastQuery]:
    """A query for each row, which is read when its turn comes: all rows as Python's numbers would need much memory."""
    frequency, season = parameters.frequency, parameters.season
    minimum, maximum = parameters.minimum, parameters.maximum
    for readings in read_series(tensor):
        yield ForecastQuery(readings, None, frequency, season, minimum, maximum, dated=False)


async def _forecast_reply(
    inference: Inference, answers: list[ForecastAnswer], size: _Size, wanted: list[Wanted], context: RequestContext
) -> Reply:
    rows, steps, levels = size
    three = [rows, len(levels), steps]
    shapes = {"forecast": [rows, steps], "lower": three, "upper": three}
    outputs = [Output(name, FORECAST_OUTPUTS[name], shapes[name], is_binary) for name, is_binary in wanted]
    turns = Turns(context)
    for answer in answers:
        for output in outputs:
            for values in values_of_forecast(answer, output.name, levels):
                output.add(values)
        await turns.pause()
    card = answers[0].card
    return await reply(inference, card.name, card.version, outputs)


def values_of_forecast(answer: ForecastAnswer, name: str, levels: Sequence[float]) -> list[list[float]]:
    """The values of one output, level by level in the order of `levels`."""
    forecast = answer.forecast
    if name == "forecast":
        return [forecast.values]
    by_level = {interval.level: interval for interval in forecast.intervals}
    intervals = [by_level[level] for level in levels]
    return [interval.lower if name == "lower" else interval.upper for interval in intervals]


ROUTE = PredictRoute(
    InferenceRequest,
    InferenceResponse,
    infer,
    is_raw=True,
    is_frame=True,
    codings=(*CODINGS, DEFLATE),
    check=check_scope,
)
PREDICT_ROUTES = {"/v2/models/{name}/infer": ROUTE, "/v2/models/{name}/versions/{version}/infer": ROUTE}
router = PredictRouter("inference", PREDICT_ROUTES)
