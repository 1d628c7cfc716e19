"""The card of a forecaster. A leaf but for what all cards have; `card` has all of it."""

from typing import Annotated, Literal, Self

from pydantic import Field, FiniteFloat, model_validator

from .card_base import Card, Record

MAX_HORIZON = 1_000  # steps of any forecast
MAX_PANEL = 10_000  # series that a network names in its card
MAX_LAST_READINGS = 24  # of each of them

SeriesName = Annotated[str, Field(min_length=1, max_length=200)]


class StepErrors(Record):
    """Root mean squared error by forecast step, original units, the same origins for both."""

    baseline: str
    split: str
    model_rmse: list[FiniteFloat] = Field(min_length=1)
    baseline_rmse: list[FiniteFloat] = Field(min_length=1)


class ReadingLimits(Record):
    """What the training readings were like: the bounds behind two of the warnings."""

    minimum: FiniteFloat
    maximum: FiniteFloat
    window_std_minimum: FiniteFloat
    window_std_maximum: FiniteFloat
    season_correlation_minimum: FiniteFloat | None = Field(
        None, description="least correlation of a training window with itself one season before"
    )


class SeasonalShape(Record):
    """The shape of the learnt season, and how alike the later windows of the series were to it.

    The limits are those of the series' own windows of `seasons` seasons. They are set so that others hardly pass.
    """

    profile: list[FiniteFloat] = Field(min_length=2, description="deviation from the season's mean, by position in it")
    seasons: int = Field(ge=1, description="seasons of a window")
    profile_correlation_minimum: FiniteFloat = Field(
        ge=-1, le=1, description="of a window's mean season with the profile, at the best position"
    )
    window_correlation_minimum: FiniteFloat = Field(
        ge=-1, le=1, description="of all readings of a window with the repeated profile"
    )
    noise_minimum: FiniteFloat = Field(ge=0, description="standard deviation beside the season over the season's own")
    level_minimum: FiniteFloat = Field(description="of a window's mean")
    level_maximum: FiniteFloat
    amplitude_minimum: FiniteFloat = Field(ge=0, description="of the standard deviation of a window's mean season")
    amplitude_maximum: FiniteFloat


class LearntSeries(Record):
    """By what readings are known to continue the series that the network has learnt. Only then it answers unasked."""

    last_readings: list[FiniteFloat] = Field(min_length=1, description="the last ones that were learnt, oldest first")
    shape: SeasonalShape | None = Field(None, description="none where the season's shape is not the series' own")


class NamedSeries(Record):
    """One of many series that a network has learnt: readings that hold its last ones continue it."""

    id: SeriesName
    last_readings: list[FiniteFloat] = Field(
        min_length=1, max_length=MAX_LAST_READINGS, description="the last ones that were learnt, oldest first"
    )


class Comparison(Record):
    """RMSE by step of the network and of the forecaster of any series, on readings that neither had learnt.

    Of the same origins, in original units. The network answers unasked only where it is the better one here.
    """

    any_series: str = Field(description="name and version of the forecaster of any series, name/version")
    measured_on: str
    origins: int = Field(ge=1)
    baseline: str
    model_rmse: list[FiniteFloat] = Field(min_length=1)
    any_series_rmse: list[FiniteFloat] = Field(min_length=1)
    baseline_rmse: list[FiniteFloat] = Field(min_length=1)

    @model_validator(mode="after")
    def _one_length(self) -> Self:
        if len({len(self.model_rmse), len(self.any_series_rmse), len(self.baseline_rmse)}) != 1:
            raise ValueError("the errors must be of the same steps")
        return self


class SeasonWidths(Record):
    """What the intervals of series of one season length are multiplied with, at two levels; in between it is a mean."""

    percent_80: FiniteFloat = Field(gt=0)
    percent_95: FiniteFloat = Field(gt=0)
    measured_on: str


class IntervalCalibration(Record):
    """Out-of-sample errors behind the prediction intervals: split conformal scores by step."""

    scores: list[list[Annotated[float, Field(ge=0, allow_inf_nan=False)]]] = Field(
        min_length=1, description="one ascending list a step, all of one length"
    )
    unit: Literal["readings", "forecast", "spread"] = Field(
        description="of a score: the readings' own, a share of the forecast, or the forecast's own spread on that side"
    )
    measured_on: str
    widths: dict[str, SeasonWidths] = Field(
        default_factory=dict, description="readings in a season → what the intervals are multiplied with"
    )

    @model_validator(mode="after")
    def _one_length(self) -> Self:
        lengths = {len(row) for row in self.scores}
        if len(lengths) != 1 or 0 in lengths or any(row != sorted(row) for row in self.scores):
            raise ValueError("scores must be ascending lists of one length, one a step")
        return self


class ForecastCard(Card):
    """A forecaster: reads `window` readings, predicts the next `steps` of them at once."""

    format_version: Literal[1]
    task: Literal["forecast"]
    reads: Literal["window", "context"] = Field(
        "window",
        description="one series in its own units, or any series by the features of its readings",
    )
    features: int = Field(1, ge=1, description="which features of a context the network reads: the form's number")
    window: int = Field(ge=1, le=10_000, description="readings that are needed; a context takes more where it can")
    steps: int = Field(ge=1, le=MAX_HORIZON, description="steps of one model call; more are fed back")
    horizon: int = Field(ge=1, le=MAX_HORIZON, description="steps answered when none are asked for")
    max_horizon: int = Field(ge=1, le=MAX_HORIZON, description="steps that were meant; more are fed back as well")
    readings: ReadingLimits | None = Field(None, description="none for a model of any series")
    step_errors: StepErrors
    calibration: IntervalCalibration | None = None
    corrected: bool = Field(False, description="forecasts are shifted by the model's recent errors on the readings")
    learnt_series: LearntSeries | None = Field(None, description="none for a model of any series, and in old cards")
    comparison: Comparison | None = Field(None, description="none for a model of any series, and in old cards")
    learnt_panel: list[NamedSeries] = Field(
        default_factory=list, max_length=MAX_PANEL, description="the series of a network that has learnt many"
    )
    recommended: str | None = Field(None, description="what the training run recommended and why, in words")
    optimism: FiniteFloat | None = Field(None, gt=0, description="in old cards only; not used", deprecated=True)

    @model_validator(mode="after")
    def _different_ids(self) -> Self:
        if len({series.id for series in self.learnt_panel}) < len(self.learnt_panel):
            raise ValueError("the learnt series must have different ids")
        return self
