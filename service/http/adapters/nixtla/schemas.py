"""The wire of the Nixtla client: its requests, with every field that it sends, and the replies that it reads."""

from typing import Annotated, Any, ClassVar

from pydantic import Field, FiniteFloat, Strict, model_validator

from ...schema_parts import Request, Response
from . import fields
from .fields import ARRAYS, AnomalyLevel, Dates, Depth, Horizon, Levels, Only, Readings, Size, Sizes, Text, Whole


class SeriesBody(Request):
    """Many series in flat arrays."""

    y: Readings
    sizes: Sizes
    start_datetime: Dates
    X: Annotated[Any, Only(fields.EXOGENOUS, None), Field(None)]
    X_future: Annotated[Any, Only(fields.EXOGENOUS, None), Field(None)]
    categorical_exog: Annotated[Any, Only(fields.EXOGENOUS, None, []), Field(None)]

    @model_validator(mode="after")
    def _sizes_add_up(self) -> "SeriesBody":
        if sum(self.sizes) != len(self.y):
            raise ValueError(
                f"has readings and sizes that do not fit: {len(self.y):,} are in `y`, and `sizes` add up to {sum(self.sizes):,}"
            )
        return self


class PanelBody(Request):
    """What all requests have. What a network that is not fine-tuned has no use for is accepted where it changes nothing."""

    LONG: ClassVar = ARRAYS

    series: SeriesBody
    model: Annotated[Text, Field(description="timegpt-…: the default choice; or the name of a loaded forecaster")]
    freq: Annotated[Text, Field(description="a pandas offset alias, as the client sends it; it tells the season")]
    clean_ex_first: Annotated[bool, Strict(), Field(True, description="says nothing without exogenous features")]
    finetuned_model_id: Annotated[Any, Only(fields.FINE_TUNING, None), Field(None)]
    multivariate: Annotated[Any, Only(fields.TOGETHER, False), Field(False)]
    model_parameters: Annotated[Any, Only(fields.PARAMETERS, None, {}), Field(None)]
    finetune_steps: Annotated[Any, Only(fields.FINE_TUNING, 0), Field(0)]
    finetune_depth: Annotated[Depth, Field(1, description="says nothing without fine-tuning")]
    finetune_loss: Annotated[Text, Field("default", description="says nothing without fine-tuning")]
    hist_exog: Annotated[Any, Only(fields.EXOGENOUS, None, []), Field(None)]
    feature_contributions: Annotated[Any, Only(fields.CONTRIBUTIONS, False), Field(False)]
    feature_contributions_type: Annotated[Any, Only(fields.CONTRIBUTIONS, None), Field(None)]


class NixtlaForecastRequest(PanelBody):
    h: Horizon
    level: Levels


class NixtlaCrossValidationRequest(PanelBody):
    h: Horizon
    level: Levels
    n_windows: Whole = Field(1, description="from each series' end, ascending")
    step_size: Annotated[Whole | None, Field(None, description="readings between two windows; default: `h`")]
    refit: Annotated[bool, Strict(), Field(True, description="says nothing: networks are not fitted to a window")]
    full_history: Annotated[
        bool,
        Strict(),
        Field(False, description="a forecast of one step for every reading after the first ones instead"),
    ]


class NixtlaAnomaliesRequest(PanelBody):
    level: AnomalyLevel


class NixtlaOnlineAnomaliesRequest(PanelBody):
    h: Horizon
    detection_size: Annotated[Size, Field(description="how many of the last readings are judged")]
    level: AnomalyLevel
    threshold_method: Annotated[Any, Only(fields.ALONE, "univariate"), Field("univariate")]
    step_size: Annotated[
        Whole | None, Field(None, description="says nothing, as `h`: every reading is judged by a forecast of one step")
    ]
    refit: Annotated[bool, Strict(), Field(False, description="says nothing: networks are not fitted to a window")]


Flat = list[FiniteFloat]
Intervals = Annotated[dict[str, Flat] | None, Field(description="by lo-LEVEL and hi-LEVEL, levels as they were sent")]


class NixtlaForecastResponse(Response):
    mean: Flat = Field(description="medians, `h` for each series")
    intervals: Intervals
    weights_x: None


class NixtlaCrossValidationResponse(Response):
    mean: Flat
    intervals: Intervals
    sizes: list[int] = Field(description="rows of each series")
    idxs: list[int] = Field(description="which of the readings in `y` each row forecasts")


class NixtlaAnomaliesResponse(NixtlaCrossValidationResponse):
    anomaly: list[bool]
    anomaly_score: list[FiniteFloat | None] = Field(
        description="how far out a reading is, as a standard normal deviate; null if it is missing"
    )
    weights_x: None
