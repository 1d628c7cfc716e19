"""MLServer with both networks as custom runtimes, in one process: a second one would only share the core."""

import asyncio

from mlserver import MLModel, MLServer
from mlserver.codecs import NumpyCodec, StringCodec
from mlserver.settings import ModelSettings, Settings
from mlserver.types import InferenceRequest, InferenceResponse
from savedmodel import Classifier, Forecaster, arguments


class Gru(MLModel):
    async def load(self) -> bool:
        self.network = Forecaster()
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        predicted = self.network.predict(NumpyCodec.decode_input(payload.inputs[0]))
        return answer(self.name, predicted)


class Sentiment(MLModel):
    async def load(self) -> bool:
        self.network = Classifier()
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        predicted = self.network.predict(StringCodec.decode_input(payload.inputs[0]))
        return answer(self.name, predicted)


def answer(name: str, predicted: list[float]) -> InferenceResponse:
    import numpy as np

    # a column, because a batch is cut along the first axis again
    output = NumpyCodec.encode_output("predicted", np.array(predicted, np.float32)[:, None])
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
    asked = arguments()
    import uvloop

    uvloop.install()
    asyncio.run(serve(asked.port, asked.batch))
