"""A model version on disk → the Keras network that it was exported from, and its compiled form written again."""

from pathlib import Path
from typing import Any

import keras
import numpy as np

from service.artifacts import bundle
from service.artifacts.card import ForecastCard, SentimentCard
from service.artifacts.files import read_text
from training.export.onnx_graph import CannotCompile
from training.export.versions import LAYERS, compile_verified, without_compilation
from training.networks import decomposition, review  # noqa: F401 - Keras knows their layers once they are imported


def compile_version(path: Path) -> None:
    """Restore the network of a version, write its compiled form and verify it. Raises BundleError and CannotCompile."""
    bundle.verify(path)
    card, _, _ = bundle.read(path)
    network, vocabulary = restore(path, card)
    compile_verified(path, network, vocabulary)


def restore(path: Path, card: ForecastCard | SentimentCard) -> tuple[keras.Model, list[str] | None]:
    """Return the network that a version was exported from, with its weights, and its vocabulary if it reads text.

    Raises CannotCompile where the version has no layers file, or one that does not fit its weights.
    """
    if not (path / LAYERS).exists():
        raise CannotCompile(f"it has no {LAYERS}; train it again to compile it")
    network = _build(path / LAYERS)
    weights = [weight for weight in network.weights if weight.dtype in ("float32", "int8")]
    values = _read_weights(path)
    if [tuple(weight.shape) for weight in weights] != [value.shape for value in values]:
        raise CannotCompile(f"its weights are not those of the network '{card.name}' of today; train it again")
    for weight, value in zip(weights, values, strict=True):
        weight.assign(value)
    if isinstance(card, SentimentCard):
        return network, _read_vocabulary(path / "saved_model.pb", card.vocabulary)
    return network, None


def _build(file: Path) -> keras.Model:
    """Build the network of a layers file from Keras' layers and those of training/networks; the file holds no code.

    How the network was compiled for training is ignored: a loss may be a function that only its training run knew.
    """
    try:
        network = keras.models.model_from_json(without_compilation(read_text(file)))
    except Exception as error:  # Keras raises many kinds
        raise CannotCompile(f"{file} is not a network of this version of training: {error}") from error
    if not isinstance(network, keras.Model):
        raise CannotCompile(f"{file} is not a network, but a {type(network).__name__}")
    return network


def _read_weights(path: Path) -> list[Any]:
    """Return the weights of a SavedModel in the order of the layers, without the seeds of dropout."""
    import tensorflow as tf

    loaded = tf.saved_model.load(str(path))
    variables = loaded.weights if hasattr(loaded, "weights") else loaded.variables
    return [v.numpy() for v in variables if v.dtype in (tf.float32, tf.int8)]


def _read_vocabulary(file: Path, size: int) -> list[str]:
    """Return the words of the SavedModel's lookup table. Raises CannotCompile where none has `size` words."""
    import tensorflow as tf
    from tensorflow.core.protobuf import saved_model_pb2

    model = saved_model_pb2.SavedModel()
    model.ParseFromString(file.read_bytes())
    for graph in (meta.graph_def for meta in model.meta_graphs):
        for node in graph.node:
            if node.op == "Const" and node.attr["dtype"].type == tf.string.as_datatype_enum:
                words = np.atleast_1d(tf.make_ndarray(node.attr["value"].tensor))
                if len(words) == size:
                    return [word.decode() for word in words]
    raise CannotCompile(f"{file} holds no vocabulary of {size} words")
