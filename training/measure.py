"""How a forecaster is measured on the test part, and the golden answers that it leaves.

Everything goes through the service's own predictor: what is measured is what is served.
"""

from dataclasses import dataclass

import numpy as np

from service.bundle import Golden, GoldenCase
from service.card import Score, StepErrors
from service.predictors import Forecaster
from training import evaluate
from training.evaluate import Array, Forecast
from training.series import Series

TOLERANCE = 1e-4  # of a golden answer, and of the training readings' range


@dataclass
class Measured:
    """What the test part says of one trained forecaster; `one_step` has a forecast for each of its origins."""

    scores: list[Score]
    step_errors: StepErrors
    one_step: Array


def measure(forecaster: Forecaster, series: Series, train_size: int, steps: int) -> Measured:
    """Step 1 from every origin of the test part, and steps 1 to `steps` from those with so many readings after."""

    def forecast(histories: list[Array], horizon: int) -> Array:
        batch = [forecaster.prepare(history.tolist(), horizon) for history in histories]
        return np.array([forecast.values for forecast in forecaster.predict(batch)])

    walked = walks(forecast, series, train_size, steps)
    (_, one_step), (actual, ours) = walked
    _, (_, theirs) = walks(evaluate.seasonal_naive(series.season), series, train_size, steps)
    errors = [np.sqrt(np.mean(np.square(f - actual), axis=0)).tolist() for f in (ours, theirs)]
    return Measured(
        scores("model", walked),
        StepErrors(
            baseline="seasonal_naive" if series.season > 1 else "last_value",
            split="test",
            model_rmse=errors[0],
            baseline_rmse=errors[1],
        ),
        one_step[:, 0],
    )


def baselines(series: Series, train_size: int, steps: int) -> list[Score]:
    """The scores of the last value and of the seasonal naive forecast, on the same origins."""
    naive = {"last_value": evaluate.last_value, "seasonal_naive": evaluate.seasonal_naive(series.season)}
    return [
        score
        for subject, forecast in naive.items()
        for score in scores(subject, walks(forecast, series, train_size, steps))
    ]


def scores(subject: str, walked: list[tuple[Array, Array]]) -> list[Score]:
    """Metrics of one subject, pooled over the steps of each walk."""
    return [
        Score(
            split="test",
            subject=subject,
            steps="1" if actual.shape[1] == 1 else f"1-{actual.shape[1]}",
            count=len(actual),
            metrics=evaluate.point_metrics(actual, forecast),
        )
        for actual, forecast in walked
    ]


def walks(forecast: Forecast, series: Series, train_size: int, steps: int) -> list[tuple[Array, Array]]:
    """Actual and forecast readings for one step and for `steps`, from every origin that has so many after it."""
    return [
        evaluate.rolling(series.readings, range(train_size, len(series.readings) - horizon + 1), horizon, forecast)
        for horizon in (1, steps)
    ]


def golden_answers(forecaster: Forecaster, readings: Array, steps: int) -> Golden:
    """A plain window, a longer horizon, and a missing reading, as training's own network answers them."""
    window = forecaster.card.window
    recent = [float(value) for value in readings[-window - 5 :]]
    requests = [
        {"readings": recent[-window:], "horizon": 1},
        {"readings": recent, "horizon": steps},
        {"readings": [*recent[:-4], None, *recent[-3:]], "horizon": 3},
    ]
    cases = [GoldenCase(request=r, answer=forecaster.replay(r)) for r in requests]
    scale = float(np.ptp(readings))
    return Golden(relative_tolerance=TOLERANCE, absolute_tolerance=TOLERANCE * scale, cases=cases)
