"""Ray Serve with one deployment per network, one replica each."""

import signal
from typing import Any

import ray
from ray import serve
from savedmodel import Classifier, Forecaster, parse_options
from starlette.requests import Request

# A batch is never larger than the number of ongoing requests, and Ray's default of 5 makes it wait idly.
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
    async def predict_batch(self, readings: list[list[float]]) -> list[float]:
        predictions: list[float] = self.network.predict(readings)
        return predictions

    async def __call__(self, request: Request) -> dict[str, float]:
        return {"forecast": await self.predict_batch((await request.json())["readings"])}


class SentimentBatch(Sentiment):
    @serve.batch(**BATCHING)
    async def predict_batch(self, texts: list[str]) -> list[float]:
        predictions: list[float] = self.network.predict(texts)
        return predictions

    async def __call__(self, request: Request) -> dict[str, float]:
        return {"probability": await self.predict_batch((await request.json())["text"])}


if __name__ == "__main__":
    options = parse_options()
    ray.init(include_dashboard=False, num_cpus=1, log_to_driver=False, object_store_memory=100_000_000)
    serve.start(http_options={"host": "127.0.0.1", "port": options.port})
    deploy = serve.deployment(**LIMITS)
    forecast, sentiment = (ForecastBatch, SentimentBatch) if options.batch else (Forecast, Sentiment)
    serve.run(deploy(forecast).bind(), name="forecast", route_prefix="/forecast")
    serve.run(deploy(sentiment).bind(), name="sentiment", route_prefix="/sentiment")
    # SIGTERM raises, so that the interpreter exits as usual and the cluster ends with its driver
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    signal.pause()
