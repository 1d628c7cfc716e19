"""The model card: the content of `manifest.json` and of `GET /models/{name}/versions/{version}`.

Training writes it once, the service reads it, and nobody changes it. A leaf: it imports nothing of ours.
"""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, model_validator

FORMAT_VERSION = 1
MAX_HORIZON = 1_000  # steps of any forecast

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Version = Annotated[str, Field(pattern=r"^[1-9][0-9]{0,8}$")]


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class TrainingData(_Record):
    """Where the rows came from, and the file they came in."""

    source: str
    sha256: str = Field(description="of the file as read")
    rows: int
    columns: dict[str, str] = Field(description="role → column name")
    start: str | None = Field(None, description="first date of a series")
    end: str | None = Field(None, description="last date of a series")
    frequency: str | None = Field(None, description="pandas offset alias of a series")
    season: int | None = Field(None, description="readings in one season")
    units: str | None = None
    audit: list[str] = Field(default_factory=list, description="what was found and done about it")


class Split(_Record):
    """One part of the training data, and what it was used for."""

    name: str
    rows: int
    use: str
    start: str | None = None
    end: str | None = None


class Score(_Record):
    """Metrics of the model, or of a baseline, on one split."""

    split: str
    subject: str = Field(description="'model', or the baseline's name")
    steps: str | None = Field(None, description="forecast steps pooled, '1' or '1-14'")
    count: int = Field(description="forecast origins, or texts")
    metrics: dict[str, FiniteFloat]


class SeedStatistics(_Record):
    """Mean and sample standard deviation of a metric over seeds."""

    __qualname__ = "Spread"  # its name in the OpenAPI schema

    metric: str
    split: str
    steps: str | None = None
    mean: FiniteFloat
    std: FiniteFloat
    values: list[FiniteFloat] = Field(description="one per seed, in the order of `seeds`")


class Card(_Record):
    """What every model version says of itself."""

    format_version: Literal[1]
    name: Name
    version: Version
    network: str = Field(description="the layers, in order")
    parameters: int
    created: str
    made_with: dict[str, str] = Field(description="package → version")
    data: TrainingData
    splits: list[Split]
    settings: dict[str, str | float | int | None] = Field(description="knobs of the training run")
    seeds: list[int] = Field(description="every seed that was trained")
    seed: int = Field(description="the seed of this version, and `choice` says why")
    choice: str
    scores: list[Score]
    spread: list[SeedStatistics]
    limits: list[str] = Field(description="what this model cannot do, in words")


class StepErrors(_Record):
    """Root mean squared error by forecast step, original units, the same origins for both."""

    baseline: str
    split: str
    model_rmse: list[FiniteFloat] = Field(min_length=1)
    baseline_rmse: list[FiniteFloat] = Field(min_length=1)


class ReadingLimits(_Record):
    """What the training readings were like: the bounds behind two of the warnings."""

    minimum: FiniteFloat
    maximum: FiniteFloat
    window_std_minimum: FiniteFloat
    window_std_maximum: FiniteFloat
    season_correlation_minimum: FiniteFloat | None = Field(
        None, description="least correlation of a training window with itself one season before"
    )


class SeasonalShape(_Record):
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


class LearntSeries(_Record):
    """By what readings are known to continue the series that the network has learnt. Only then it answers unasked."""

    last_readings: list[FiniteFloat] = Field(min_length=1, description="the last ones that were learnt, oldest first")
    shape: SeasonalShape | None = Field(None, description="none where the season's shape is not the series' own")


class Comparison(_Record):
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


class SeasonWidths(_Record):
    """What the intervals of series of one season length are multiplied with, at two levels; in between it is a mean."""

    percent_80: FiniteFloat = Field(gt=0)
    percent_95: FiniteFloat = Field(gt=0)
    measured_on: str


class IntervalCalibration(_Record):
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
    optimism: FiniteFloat | None = Field(None, gt=0, description="in old cards only; not used", deprecated=True)


class Calibration(_Record):
    """How far the probabilities can be trusted."""

    temperature: FiniteFloat = Field(gt=0, description="divides the logit; already in the network")
    fitted_on: str
    expected_calibration_error: FiniteFloat
    bins: int
    measured_on: str
    confidence_threshold: FiniteFloat = Field(ge=0.5, le=1, description="below it an answer is marked uncertain")
    threshold_choice: str
    coverage: FiniteFloat = Field(description="share of the measured texts at or over the threshold")
    accuracy_covered: FiniteFloat = Field(description="accuracy on that share")


class Language(_Record):
    """A text is of another language if few of its tokens are the language's commonest words and many are unknown."""

    code: Literal["en"]
    common_words: int = Field(ge=1, description="the first so many words of the vocabulary")
    least_common: FiniteFloat = Field(ge=0, le=1, description="share of these among the tokens read")
    most_unknown: FiniteFloat = Field(ge=0, le=1, description="share of unknown words among them")
    least_tokens: int = Field(ge=1, description="shorter texts are not told")
    threshold_choice: str


class SentimentCard(Card):
    """A binary text classifier: raw text in, probability of `classes[1]` out."""

    task: Literal["sentiment"]
    classes: tuple[str, str] = Field(description="negative class first, positive class second")
    max_tokens: int = Field(ge=1, description="longer texts are cut; `truncation` says where")
    truncation: Literal["keep_last", "keep_head_and_tail"]
    head_tokens: int = Field(0, ge=0, description="how many of `max_tokens` are a longer text's first")
    vocabulary: int = Field(ge=2)
    max_unknown_share: FiniteFloat = Field(
        ge=0, le=1, description="a larger share of unknown words marks an answer uncertain"
    )
    language: Language | None = Field(None, description="how texts of another language than the training's are told")
    explanation_baseline: FiniteFloat | None = Field(
        None, description="log odds of a text without evidence; null where the network gives no reasons"
    )
    calibration: Calibration


AnyCard = Annotated[ForecastCard | SentimentCard, Field(discriminator="task")]
