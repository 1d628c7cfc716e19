"""LitServe with one API per network. It has a worker process for each, beside the HTTP server's process."""

from typing import Any

import litserve
from savedmodel import Classifier, Forecaster, parse_options


class Forecast(litserve.LitAPI):
    def setup(self, device: str) -> None:
        self.network = Forecaster()

    # The parameter must be named `request`: LitServe looks it up by name.
    def decode_request(self, request: dict[str, Any]) -> list[float]:
        readings: list[float] = request["readings"]
        return readings

    def predict(self, x: Any) -> Any:
        """One request's readings, or a list of them where batching is on."""
        batch = x if isinstance(x[0], list) else [x]
        predictions = self.network.predict(batch)
        return predictions if batch is x else predictions[0]

    def batch(self, inputs: list[Any]) -> list[Any]:
        return inputs

    def unbatch(self, output: list[float]) -> list[float]:
        return output

    def encode_response(self, output: float) -> dict[str, float]:
        return {"forecast": output}


class Sentiment(litserve.LitAPI):
    def setup(self, device: str) -> None:
        self.network = Classifier()

    def decode_request(self, request: dict[str, Any]) -> str:
        text: str = request["text"]
        return text

    def predict(self, x: Any) -> Any:
        """One text, or a list of them where batching is on."""
        return self.network.predict([x])[0] if isinstance(x, str) else self.network.predict(x)

    def batch(self, inputs: list[str]) -> list[str]:
        return inputs

    def unbatch(self, output: list[float]) -> list[float]:
        return output

    def encode_response(self, output: float) -> dict[str, float]:
        return {"probability": output}


if __name__ == "__main__":
    options = parse_options()
    batching: dict[str, Any] = {"max_batch_size": 32, "batch_timeout": 0.002} if options.batch else {}
    apis = [Forecast(api_path="/forecast", **batching), Sentiment(api_path="/sentiment", **batching)]
    server = litserve.LitServer(apis, accelerator="cpu", timeout=60)
    server.run(host="127.0.0.1", port=options.port, generate_client_file=False, log_level="warning")
