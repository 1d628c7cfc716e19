"""The two networks as every peer gets them: Gatecast's own SavedModels, run by TensorFlow on one thread.

Imported by scripts that run with a peer's own Python, so nothing of this repository can be imported here.
"""

import argparse
from pathlib import Path
from typing import Any

MODELS = Path(__file__).parents[3] / "models"


def load(name: str) -> Any:
    """The serving signature of models/<name>/, its newest version."""
    import tensorflow as tf

    try:
        tf.config.threading.set_intra_op_parallelism_threads(1)
        tf.config.threading.set_inter_op_parallelism_threads(1)
    except RuntimeError:
        pass  # the second network of this process: the first has set them
    model = tf.saved_model.load(str(max((MODELS / name).iterdir(), key=lambda path: int(path.name))))
    signature = model.signatures["serving_default"]
    signature.keep = model  # a signature alone lets its variables go
    return signature


class Forecaster:
    def __init__(self) -> None:
        self.signature = load("gru")

    def predict(self, readings: Any) -> list[float]:
        """Scaled readings (batch, window), nested lists or an array, to the first step of each."""
        import tensorflow as tf

        batch = tf.constant(readings, tf.float32)[..., None]
        (output,) = self.signature(batch).values()
        return [float(value) for value in output.numpy()[:, 0]]


class Classifier:
    def __init__(self) -> None:
        self.signature = load("sentiment")

    def predict(self, texts: list[str]) -> list[float]:
        """Texts to the probability that each is positive."""
        import tensorflow as tf

        output = self.signature(text=tf.constant(texts))["probability"]
        return [float(value) for value in output.numpy()[:, 0]]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--batch", action="store_true", help="up to 32 requests, 2 ms")
    return parser.parse_args()
