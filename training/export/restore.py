"""A model version on disk → the Keras network that it was exported from."""

from pathlib import Path
from typing import Any

import keras
import numpy as np

from service.artifacts import bundle
from service.artifacts.card import ForecastCard, SentimentCard
from service.artifacts.files import read_text
from training.export.onnx_graph import CannotCompile
from training.export.versions import LAYERS, compile_verified, without_compilation
from training.networks import (
    decomposition,  # noqa: F401 - their layers are known to Keras once they are imported
)


def compile_version(path: Path) -> None:
    """Rebuild the Keras network of a version, compile it, and prove the result. Raises BundleError, CannotCompile."""
    bundle.verify(path)
    card, _, _ = bundle.read(path)
    network, vocabulary = restore(path, card)
    compile_verified(path, network, vocabulary)


def restore(path: Path, card: ForecastCard | SentimentCard) -> tuple[keras.Model, list[str] | None]:
    """The network that a version was exported from, with its weights, and its vocabulary if it reads text.

    Raises CannotCompile where the card is not of one of the networks known here.
    """
    vocabulary = None
    if not (path / LAYERS).exists():
        raise CannotCompile(f"it has no {LAYERS}; train it again to compile it")
    network = _built(path / LAYERS)
    if isinstance(card, SentimentCard):
        vocabulary = _vocabulary(path / "saved_model.pb", card.vocabulary)
    ours = [weight for weight in network.weights if weight.dtype in ("float32", "int8")]
    theirs = _weights(path)
    if [tuple(w.shape) for w in ours] != [w.shape for w in theirs]:
        raise CannotCompile(f"its weights are not those of the network '{card.name}' of today; train it again")
    for weight, value in zip(ours, theirs, strict=True):
        weight.assign(value)
    return network, vocabulary


def _built(file: Path) -> keras.Model:
    """The network of a layers file: of Keras' own layers and those of views.py, which hold no code.

    How it was compiled for training is left out: a loss may be a function that only its training run knew.
    """
    try:
        network = keras.models.model_from_json(without_compilation(read_text(file)))
    except Exception as error:  # whatever Keras finds wrong with it
        raise CannotCompile(f"{file} is not a network of this version of training: {error}") from error
    if not isinstance(network, keras.Model):
        raise CannotCompile(f"{file} is not a network, but a {type(network).__name__}")
    return network


def _weights(path: Path) -> list[Any]:
    """In the order of the layers; what only training needs (the seeds of dropout) is left out."""
    import tensorflow as tf

    loaded = tf.saved_model.load(str(path))
    variables = loaded.weights if hasattr(loaded, "weights") else loaded.variables
    return [v.numpy() for v in variables if v.dtype in (tf.float32, tf.int8)]


def _vocabulary(file: Path, size: int) -> list[str]:
    """The words that the SavedModel's lookup table is filled with."""
    import tensorflow as tf
    from tensorflow.core.protobuf import saved_model_pb2

    program = saved_model_pb2.SavedModel()
    program.ParseFromString(file.read_bytes())
    for graph in (meta.graph_def for meta in program.meta_graphs):
        for node in graph.node:
            if node.op == "Const" and node.attr["dtype"].type == tf.string.as_datatype_enum:
                words = np.atleast_1d(tf.make_ndarray(node.attr["value"].tensor))
                if len(words) == size - 2:
                    return ["", "[UNK]", *(word.decode() for word in words)]
    raise CannotCompile(f"{file} holds no vocabulary of {size} words")
