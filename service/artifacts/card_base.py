"""What the cards of forecasters and of classifiers have in common. A leaf; `card` has all of it."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat

NAME, VERSION = r"[a-z][a-z0-9_-]{0,63}", r"[1-9][0-9]{0,8}"
Name = Annotated[str, Field(pattern=f"^{NAME}$")]
Version = Annotated[str, Field(pattern=f"^{VERSION}$")]


class Record(BaseModel):
    """A part of a card, which never changes and has no other fields."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class TrainingData(Record):
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


class Split(Record):
    """One part of the training data, and what it was used for."""

    name: str
    rows: int
    use: str
    start: str | None = None
    end: str | None = None


class Score(Record):
    """Metrics of the model, or of a baseline, on one split."""

    split: str
    subject: str = Field(description="'model', or the baseline's name")
    steps: str | None = Field(None, description="forecast steps pooled, '1' or '1-14'")
    count: int = Field(description="forecast origins, or texts")
    metrics: dict[str, FiniteFloat]


class SeedStatistics(Record):
    """Mean and sample standard deviation of a metric over seeds."""

    __qualname__ = "Spread"  # its name in the OpenAPI schema

    metric: str
    split: str
    steps: str | None = None
    mean: FiniteFloat
    std: FiniteFloat
    values: list[FiniteFloat] = Field(description="one per seed, in the order of `seeds`")


class Card(Record):
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
