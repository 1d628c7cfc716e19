"""The model card: the content of `manifest.json` and of `GET /models/{name}/versions/{version}`.

Training writes it once, the service reads it, and nobody changes it. A leaf: it imports nothing of ours.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, model_validator

FORMAT_VERSION = 1  # of a forecaster's card
SENTIMENT_FORMAT_VERSION = 2
MAX_HORIZON = 1_000  # steps of any forecast
MAX_PANEL = 10_000  # series that a network names in its card
MAX_LAST_READINGS = 24  # of each of them

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,63}$")]
Version = Annotated[str, Field(pattern=r"^[1-9][0-9]{0,8}$")]
ClassName = Annotated[str, Field(min_length=1, max_length=64)]
SeriesName = Annotated[str, Field(min_length=1, max_length=200)]


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class TrainingData(_Record):
    """Where the rows came from, and the file they came in."""

    source: str
    sha256: str = Field(description="of the file as read")
    rows: int
    columns: dict[str, str] = Field(description="role → column name")
    reading: dict[str, str] = Field(
        default_factory=dict, description="what was understood of the file: label → a sentence"
    )
    series: int = Field(1, ge=1, description="how many series")
    start: str | None = Field(None, description="first date of a series")
    end: str | None = Field(None, description="last date of a series")
    frequency: str | None = Field(None, description="pandas offset alias of a series")
    season: int | None = Field(None, description="readings in one season")
    units: str | None = None
    audit: list[str] = Field(default_factory=list, description="what was found and done about it")


class TrainingSet(_Record):
    """One of the data sets that a model has learnt from."""

    name: str
    rows: dict[str, int] = Field(description="class → how many rows were used")
    domain: str = Field(description="what the texts are: film reviews, tweets, …")
    licence: str | None = Field(None, description="null where the source states none")
    home: str = Field(description="a URL, or a repository")
    label_quality: str = Field(description="who labelled it, how, and how far it can be trusted")
    sha256: str = Field(description="of the file as read")


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

    format_version: int
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


class NamedSeries(_Record):
    """One of many series that a network has learnt: readings that hold its last ones continue it."""

    id: SeriesName
    last_readings: list[FiniteFloat] = Field(
        min_length=1, max_length=MAX_LAST_READINGS, description="the last ones that were learnt, oldest first"
    )


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


def check_ascending(max_tokens: Sequence[int | None]) -> None:
    """Raise ValueError unless the lengths of thresholds ascend and the last one, alone, has no bound."""
    *bounds, last = max_tokens
    whole = [bound for bound in bounds if bound is not None]
    if last is not None or len(whole) < len(bounds) or any(before >= after for before, after in pairwise(whole)):
        raise ValueError("the thresholds' max_tokens must ascend, and the last one alone must be null")


class ConfidenceThreshold(_Record):
    """What confidence makes an answer certain, for texts up to a length; and how often it was reached, and right."""

    max_tokens: int | None = Field(None, ge=1, description="of the tokens read; null for any length")
    confidence: FiniteFloat = Field(ge=0, le=1, description="below it an answer is marked uncertain")
    coverage: FiniteFloat = Field(ge=0, le=1, description="share of the measured texts of these lengths at or over it")
    accuracy_covered: FiniteFloat = Field(ge=0, le=1, description="accuracy on that share")


class Calibration(_Record):
    """How far the probabilities can be trusted."""

    temperature: FiniteFloat = Field(gt=0, description="divides the logits; already in the network")
    fitted_on: str
    expected_calibration_error: FiniteFloat
    bins: int
    measured_on: str
    confidence_thresholds: list[ConfidenceThreshold] = Field(
        min_length=1, max_length=20, description="the first whose `max_tokens` is at least the tokens read holds"
    )
    threshold_choice: str

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        check_ascending([threshold.max_tokens for threshold in self.confidence_thresholds])
        return self


class Language(_Record):
    """A text is of another language if few of its words are the language's commonest ones and many are unknown.

    Words here are tokens with a letter and without a digit. Punctuation, emoji, numbers, and what stands for addresses and
    names of users say nothing of the language: they count neither for it nor against it.
    """

    code: Literal["en"]
    common_words: int = Field(ge=1, description="the first so many words of the vocabulary are common")
    least_common: FiniteFloat = Field(ge=0, le=1, description="share of these among the words read")
    most_unknown: FiniteFloat = Field(ge=0, le=1, description="share of unknown words among them")
    least_tokens: int = Field(ge=1, description="texts of fewer words are not told")
    threshold_choice: str


class DomainThreshold(_Record):
    """How typical a text of some length must be of the training texts."""

    max_tokens: int | None = Field(None, ge=1, description="of the tokens read; null for any length")
    least: FiniteFloat = Field(description="a text whose mean is below it is unlike the training texts")
    share: FiniteFloat = Field(ge=0, le=1, description="share of the measured texts of these lengths below it")


class DomainLimits(_Record):
    """Which texts are unlike the training texts, by how common their words are there.

    `domain.npy` has a number for each word of the vocabulary, int8: how much commoner it is in the training texts than in
    general, as a logarithm in steps of `scale`. A text has the mean over its different words.
    """

    scale: FiniteFloat = Field(gt=0, description="what a step of the numbers is worth")
    least_tokens: int = Field(ge=1, description="texts of fewer tokens are not judged")
    most_tokens: int | None = Field(None, ge=1, description="a text of more tokens is unlike; null for no such limit")
    thresholds: list[DomainThreshold] = Field(
        min_length=1, max_length=20, description="the first whose `max_tokens` is at least the tokens read holds"
    )
    measured_on: str
    threshold_choice: str

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        check_ascending([threshold.max_tokens for threshold in self.thresholds])
        return self


class Poles(_Record):
    """The two classes that are opposites: `score` is the probability of the positive one less that of the negative one."""

    negative: ClassName
    positive: ClassName


class MixedRule(_Record):
    """A text is mixed if some sentence speaks for the positive pole, and another for the negative one.

    The evidence of a sentence is what its words add to the logit of the positive pole, less what they add to that of the
    negative one.
    """

    positive: FiniteFloat = Field(gt=0, description="the largest evidence of a sentence is at least this")
    negative: FiniteFloat = Field(lt=0, description="and the least is at most this")
    threshold_choice: str


class SentimentCard(Card):
    """A classifier of texts: raw text in, the probability of each class out, in the order of `classes`."""

    format_version: Literal[2]
    task: Literal["sentiment"]
    sets: list[TrainingSet] = Field(default_factory=list, description="the data sets, where there are several")
    classes: list[ClassName] = Field(min_length=2, max_length=50, description="in the order of the network's outputs")
    poles: Poles | None = Field(None, description="null for classes without opposites, such as topics")
    max_tokens: int = Field(ge=1, description="longer texts are cut; `truncation` says where")
    truncation: Literal["keep_last", "keep_head_and_tail"]
    head_tokens: int = Field(0, ge=0, description="how many of `max_tokens` are a longer text's first")
    vocabulary: int = Field(ge=2)
    max_unknown_share: FiniteFloat = Field(
        ge=0, le=1, description="a larger share of unknown words marks an answer uncertain"
    )
    language: Language | None = Field(None, description="how texts of another language than the training's are told")
    domain: DomainLimits | None = Field(
        None, description="how texts unlike the training's are told; null where none are"
    )
    explanation_baseline: list[FiniteFloat] | None = Field(
        None, description="each class's logit of a text without evidence; null where the network gives no reasons"
    )
    mixed: MixedRule | None = Field(None, description="when a text is mixed; null where no text is")
    calibration: Calibration

    @model_validator(mode="after")
    def _fits_its_classes(self) -> Self:
        if len(set(self.classes)) < len(self.classes):
            raise ValueError("the classes must have different names")
        if self.poles is not None and not {self.poles.negative, self.poles.positive} <= set(self.classes):
            raise ValueError("the poles must be among the classes")
        if self.poles is not None and self.poles.negative == self.poles.positive:
            raise ValueError("the poles must be two classes")
        if self.mixed is not None and self.poles is None:
            raise ValueError("only a model with poles can have a rule for mixed texts")
        if self.explanation_baseline is not None and len(self.explanation_baseline) != len(self.classes):
            raise ValueError("the explanation baseline must have a number for each class")
        return self

    @model_validator(mode="after")
    def _keeps_some_tail(self) -> Self:
        if self.head_tokens >= self.max_tokens:
            raise ValueError("head_tokens must be less than max_tokens: the end of a text is read too")
        return self


AnyCard = Annotated[ForecastCard | SentimentCard, Field(discriminator="task")]
