"""The two networks as every peer gets them: Gatecast's own SavedModels, run by TensorFlow on one thread.

The scripts that import this module run with a peer's own Python, so it imports nothing else of this repository.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MODELS = Path(__file__).parents[3] / "models"


def load(name: str) -> Any:
    """The serving signature of the newest version in models/<name>/."""
    import tensorflow as tf

    try:
        tf.config.threading.set_intra_op_parallelism_threads(1)
        tf.config.threading.set_inter_op_parallelism_threads(1)
    except RuntimeError:
        pass  # this is the second network of the process, and the first one has set them
    model = tf.saved_model.load(str(max((MODELS / name).iterdir(), key=lambda path: int(path.name))))
    signature = model.signatures["serving_default"]
    signature.keep = model  # a signature does not keep its variables alive
    return signature


class Forecaster:
    def __init__(self) -> None:
        self.signature = load("gru")

    def predict(self, readings: Any) -> list[float]:
        """Scaled readings (batch, window), nested lists or an array, to the first step of each forecast (batch)."""
        import tensorflow as tf

        batch = tf.constant(readings, tf.float32)[..., None]
        (output,) = self.signature(batch).values()
        return [float(value) for value in output.numpy()[:, 0]]


class Classifier:
    def __init__(self) -> None:
        self.signature = load("sentiment")

    def predict(self, texts: list[str]) -> list[float]:
        """Texts (batch) to the probability that each is positive, of the last class (batch)."""
        import tensorflow as tf

        output = self.signature(text=tf.constant(texts))["probability"]
        return [float(value) for value in output.numpy()[:, -1]]


@dataclass(frozen=True)
class Options:
    """The command line of every peer's script."""

    port: int
    batch: bool


def parse_options() -> Options:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--batch", action="store_true", help="up to 32 requests, 2 ms")
    return Options(**vars(parser.parse_args()))
