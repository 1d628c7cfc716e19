"""The wire of what operators ask: the loaded models, the state of the service, and what a reload changed."""

from typing import Any, Literal

from pydantic import Field

from .schema_parts import Response, with_example

MODEL: dict[str, Any] = {
    "name": "gru",
    "version": "1",
    "task": "forecast",
    "default": True,
    "share": 1.0,
    "task_default": False,
    "engine": "onnx",
    "network": "GRU(256) → Dropout 0.2 → Dense(1)",
    "parameters": 199169,
    "window": 15,
    "max_horizon": 1000,
    "max_tokens": None,
}


class ModelSummary(Response):
    model_config = with_example(MODEL)

    name: str
    version: str
    task: Literal["forecast", "sentiment"]
    default: bool = Field(description="the version that answers when none is named, but for the share of a canary")
    share: float = Field(
        description="share of the requests without a version that it answers: 1, or 0.95 and 0.05 with a canary of 5 %"
    )
    task_default: bool = Field(
        description="whether it answers requests of its task that name no model; a forecast may still come from a network "
        "that has learnt the series"
    )
    engine: Literal["onnx", "tensorflow"] = Field(description="what runs its network")
    network: str
    parameters: int
    window: int | None = Field(description="readings a forecaster needs")
    max_horizon: int | None
    max_tokens: int | None = Field(description="tokens a classifier reads")


class ModelList(Response):
    model_config = with_example({"models": [MODEL]})

    models: list[ModelSummary]


class State(Response):
    model_config = with_example({"status": "ready"})

    status: Literal["alive", "ready"]


class ServiceVersion(Response):
    model_config = with_example({"name": "gatecast", "version": "0.1.0", "python": "3.12.1", "models": {"gru": ["1"]}})

    name: Literal["gatecast"] = "gatecast"
    version: str
    python: str
    models: dict[str, list[str]] = Field(description="loaded versions by name")


class VersionName(Response):
    name: str
    version: str


class RefusedVersion(Response):
    name: str | None = Field(description="null when the models directory as a whole could not be read")
    version: str | None
    reason: str


class ReloadReport(Response):
    """What a rescan of the models directory changed. A version that is refused leaves the one that served in place."""

    model_config = with_example(
        {
            "loaded": [{"name": "gru", "version": "2"}],
            "retired": [{"name": "gru", "version": "1"}],
            "refused": [{"name": "lstm", "version": "2", "reason": "models/lstm/2/SHA256SUMS is missing"}],
            "tensorflow_loads": 0,
            "tensorflow_loads_left": 20,
        }
    )

    loaded: list[VersionName]
    retired: list[VersionName]
    refused: list[RefusedVersion]
    tensorflow_loads: int = Field(
        description="SavedModels that TensorFlow loaded since the start; it keeps their memory"
    )
    tensorflow_loads_left: int
