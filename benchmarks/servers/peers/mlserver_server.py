"""MLServer with both networks as custom runtimes, in one process: a second process would only share the core."""

import asyncio

from mlserver import MLModel, MLServer
from mlserver.codecs import NumpyCodec, StringCodec
from mlserver.settings import ModelSettings, Settings
from mlserver.types import InferenceRequest, InferenceResponse
from savedmodel import Classifier, Forecaster, parse_options


class Gru(MLModel):
    async def load(self) -> bool:
        self.network = Forecaster()
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        predictions = self.network.predict(NumpyCodec.decode_input(payload.inputs[0]))
        return _response(self.name, predictions)


class Sentiment(MLModel):
    async def load(self) -> bool:
        self.network = Classifier()
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        predictions = self.network.predict(StringCodec.decode_input(payload.inputs[0]))
        return _response(self.name, predictions)


def _response(name: str, predictions: list[float]) -> InferenceResponse:
    import numpy as np

    # a column, because MLServer splits a batch along its first axis
    output = NumpyCodec.encode_output("predicted", np.array(predictions, np.float32)[:, None])
    return InferenceResponse(model_name=name, outputs=[output])


async def serve(port: int, batch: bool) -> None:
    settings = Settings(
        host="127.0.0.1",
        http_port=port,
        grpc_port=port + 1,
        metrics_endpoint=None,
        parallel_workers=0,
        debug=False,
        load_models_at_startup=False,
    )
    batching = {"max_batch_size": 32, "max_batch_time": 0.002} if batch else {}
    models = [ModelSettings(name=n, implementation=i, **batching) for n, i in (("gru", Gru), ("sentiment", Sentiment))]
    await MLServer(settings).start(models)


if __name__ == "__main__":
    options = parse_options()
    import uvloop

    uvloop.install()
    asyncio.run(serve(options.port, options.batch))
