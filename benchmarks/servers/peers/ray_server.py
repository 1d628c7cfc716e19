"""Ray Serve with one deployment per network, one replica each."""

import signal
from typing import Any

import ray
from ray import serve
from savedmodel import Classifier, Forecaster, arguments
from starlette.requests import Request

# Ray's default of 5 lets it wait idly: a batch is never larger than what is under way.
LIMITS: dict[str, Any] = {"max_ongoing_requests": 100, "ray_actor_options": {"num_cpus": 0}}
BATCHING: dict[str, Any] = {"max_batch_size": 32, "batch_wait_timeout_s": 0.002}


class Forecast:
    def __init__(self) -> None:
        self.network = Forecaster()

    async def __call__(self, request: Request) -> dict[str, float]:
        return {"forecast": self.network.predict([(await request.json())["readings"]])[0]}


class Sentiment:
    def __init__(self) -> None:
        self.network = Classifier()

    async def __call__(self, request: Request) -> dict[str, float]:
        return {"probability": self.network.predict([(await request.json())["text"]])[0]}


class ForecastBatch(Forecast):
    @serve.batch(**BATCHING)
    async def together(self, readings: list[list[float]]) -> list[float]:
        predicted: list[float] = self.network.predict(readings)
        return predicted

    async def __call__(self, request: Request) -> dict[str, float]:
        return {"forecast": await self.together((await request.json())["readings"])}


class SentimentBatch(Sentiment):
    @serve.batch(**BATCHING)
    async def together(self, texts: list[str]) -> list[float]:
        predicted: list[float] = self.network.predict(texts)
        return predicted

    async def __call__(self, request: Request) -> dict[str, float]:
        return {"probability": await self.together((await request.json())["text"])}


if __name__ == "__main__":
    asked = arguments()
    ray.init(include_dashboard=False, num_cpus=1, log_to_driver=False, object_store_memory=100_000_000)
    serve.start(http_options={"host": "127.0.0.1", "port": asked.port})
    deployed = serve.deployment(**LIMITS)
    forecast, sentiment = (ForecastBatch, SentimentBatch) if asked.batch else (Forecast, Sentiment)
    serve.run(deployed(forecast).bind(), name="forecast", route_prefix="/forecast")
    serve.run(deployed(sentiment).bind(), name="sentiment", route_prefix="/sentiment")
    # an error, so that the last lines run, and the cluster ends with its driver
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    signal.pause()
