"""BentoML with both networks in one service and one worker; run as a script it starts `bentoml serve` on itself."""

import os
import sys
from pathlib import Path

import bentoml
import numpy as np
import numpy.typing as npt
from savedmodel import Classifier, Forecaster, parse_options

Readings = npt.NDArray[np.float32]
# Its batches adapt to a highest latency; if that is too small it refuses requests.
BATCHING = {"batchable": True, "max_batch_size": 32, "max_latency_ms": 1000}


@bentoml.service(workers=1)
class Plain:
    def __init__(self) -> None:
        self.forecaster = Forecaster()
        self.classifier = Classifier()

    @bentoml.api
    def forecast(self, readings: list[list[float]]) -> list[float]:
        return self.forecaster.predict(readings)

    @bentoml.api
    def sentiment(self, text: list[str]) -> list[float]:
        return self.classifier.predict(text)


@bentoml.service(workers=1)
class Batched:
    def __init__(self) -> None:
        self.forecaster = Forecaster()
        self.classifier = Classifier()

    @bentoml.api(**BATCHING)
    def forecast(self, readings: list[list[float]]) -> list[float]:
        return self.forecaster.predict(readings)

    @bentoml.api(**BATCHING)
    def sentiment(self, text: list[str]) -> list[float]:
        return self.classifier.predict(text)


if __name__ == "__main__":
    options = parse_options()
    here = Path(__file__).parent
    service = f"bentoml_server:{'Batched' if options.batch else 'Plain'}"
    location = ["--working-dir", str(here), "--host", "127.0.0.1", "--port", str(options.port)]
    os.execv(sys.executable, [sys.executable, "-m", "bentoml", "serve", service, *location, "-q"])
