"""Write a version and its compiled form, and prove both as the service will, or leave nothing behind."""

import importlib.metadata
import json
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from service.artifacts import bundle, onnx
from service.artifacts import golden as golden_module
from service.artifacts.card import ForecastCard, SentimentCard
from service.artifacts.files import BundleError
from service.artifacts.golden import verify
from service.artifacts.scaler import MinMax
from service.artifacts.tokenizer import UNKNOWN
from service.forecast.context_features import READING_FEATURES, STEP_FEATURES
from service.forecast.context_forecaster import LENGTHS, STEPS
from service.forecast.forecaster import Forecaster
from service.interfaces import Network
from service.predictors import load_predictor
from service.sentiment.classifier import SentimentClassifier
from training.export.onnx_forecaster import compile_forecaster, compile_universal
from training.export.onnx_graph import CannotCompile
from training.export.onnx_review import compile_classifier
from training.networks.text import KeepEnds, tokenizer

LAYERS = "network.json"
AGREEMENT = 1e-5  # between the two engines, of the range of what they answer
SAMPLES = 64
WORDS_PER_SAMPLE = 600  # at most; more than a network reads


def in_memory(card: ForecastCard, scaler: MinMax | None, model: keras.Model) -> Forecaster:
    """The service's predictor around a Keras model, as it will be once it is a version."""
    unproven = golden_module.Golden(
        relative_tolerance=1e-4, absolute_tolerance=1e-4, cases=[golden_module.GoldenCase(request={}, answer=[0.0])]
    )
    found = load_predictor(bundle.Bundle(card, scaler, unproven, runner(model)))
    assert isinstance(found, Forecaster)
    return found


def runner(model: keras.Model) -> Network:
    """A Keras forecaster as a function of arrays: compiled where it can be, which is far quicker to begin with."""
    try:
        return onnx.session(Path(model.name), onnx_of(model), threads=1)
    except CannotCompile:
        return lambda *arrays: {"output": np.asarray(model(_inputs(model, arrays), training=False))}


def onnx_of(model: keras.Model) -> bytes:
    """A forecaster as ONNX; raises CannotCompile."""
    return (compile_forecaster if len(model.inputs) == 1 else compile_universal)(model)


def _inputs(model: keras.Model, arrays: Sequence[Any]) -> Any:
    return list(arrays) if len(model.inputs) > 1 else arrays[0]


def write_saved_model(path: Path, model: keras.Model) -> None:
    """A SavedModel of one forecaster: inputs by their names, one `output`; each weight is stored once."""
    import tensorflow as tf

    module = tf.Module()
    module.weights = [weight.value for weight in model.weights]
    shapes = {tensor.name: tf.TensorSpec(tensor.shape, tf.float32, tensor.name) for tensor in model.inputs}

    @tf.function(input_signature=[shapes[tensor.name] for tensor in model.inputs])  # type: ignore[untyped-decorator]
    def serve(*arrays: Any) -> dict[str, Any]:
        return {"output": model(_inputs(model, arrays), training=False)}

    tf.saved_model.save(module, str(path), signatures={"serving_default": serve.get_concrete_function()})


def write_text_model(path: Path, tokenise: keras.layers.Layer, network: keras.Model, card: SentimentCard) -> None:
    """A SavedModel from `text` to what a classifier answers with; each weight is stored once."""
    import tensorflow as tf

    module = tf.Module()
    module.tokenise = tokenise  # its table of words is the module's to keep
    module.weights = [weight.value for weight in network.weights]
    ends = KeepEnds(card.max_tokens, card.head_tokens)
    last_common = UNKNOWN + (card.language.common_words if card.language else 0)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, "text")])  # type: ignore[untyped-decorator]
    def serve(text: Any) -> dict[str, Any]:
        tokens = tf.cast(tokenise(text), tf.int32)
        read = ends(tokens)

        def count(which: Any) -> Any:
            return tf.math.count_nonzero(which, axis=1, keepdims=True, dtype=tf.int32)

        return {
            **network(read, training=False),
            "tokens_total": count(tokens),
            "tokens_unknown": count(read == UNKNOWN),
            "tokens_common": count((read > UNKNOWN) & (read <= last_common)),
        }

    tf.saved_model.save(module, str(path), signatures={"serving_default": serve.get_concrete_function()})


def save_classifier(
    models_dir: Path,
    card: SentimentCard,
    golden: golden_module.Golden,
    network: keras.Model,
    vocabulary: Sequence[str],
    files: Mapping[str, Path] | None = None,
) -> tuple[Path, SentimentClassifier]:
    """`save_proven` of a network from tokens to what a classifier answers with."""
    tokenise = tokenizer(len(vocabulary))
    tokenise.set_vocabulary(list(vocabulary[UNKNOWN + 1 :]))
    path, found = save_verified(
        models_dir,
        card,
        golden,
        lambda to: write_text_model(to, tokenise, network, card),
        network,
        vocabulary=vocabulary,
        files=files,
    )
    assert isinstance(found, SentimentClassifier)
    return path, found


def save_forecaster(
    models_dir: Path,
    card: ForecastCard,
    golden: golden_module.Golden,
    model: keras.Model,
    *,
    scaler: MinMax | None = None,
    files: Mapping[str, Path] | None = None,
) -> tuple[Path, Forecaster | SentimentClassifier]:
    """`save_proven` of a Keras forecaster."""
    return save_verified(
        models_dir, card, golden, lambda path: write_saved_model(path, model), model, scaler=scaler, files=files
    )


def save_verified(
    models_dir: Path,
    card: ForecastCard | SentimentCard,
    golden: golden_module.Golden,
    write_model: Callable[[Path], None],
    network: keras.Model,
    *,
    vocabulary: Sequence[str] | None = None,
    scaler: MinMax | None = None,
    files: Mapping[str, Path] | None = None,
) -> tuple[Path, Forecaster | SentimentClassifier]:
    """`bundle.save`, then load the version and replay its golden answers; it is removed if they differ.

    The layers of `network` are written to `network.json`, so that it can be built again. It is what is compiled: the
    forecaster, or the classifier from token numbers with the `vocabulary` of its tokeniser. A network with layers that cannot be compiled is saved without a compiled form.
    Returns the version's path and the predictor that the service would run. Raises BundleError.
    """
    with tempfile.TemporaryDirectory() as scratch:
        layers = Path(scratch) / LAYERS
        layers.write_text(without_compilation(network.to_json()), "utf-8")
        path = bundle.save(
            models_dir, card, golden, write_model, scaler=scaler, files={LAYERS: layers, **(files or {})}
        )
    try:
        loaded = load_predictor(bundle.load(path, tuned=False))
        verify(loaded, golden, str(path))
        try:
            loaded = compile_verified(path, network, vocabulary)
        except CannotCompile as reason:
            print(f"{path} has no compiled form: {reason}", file=sys.stderr)
    except BaseException:
        shutil.rmtree(path)
        raise
    return path, loaded


def without_compilation(layers: str) -> str:
    """The JSON of a Keras network without the optimizers, losses and metrics of the models in it."""

    def drop(member: dict[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in member.items() if key != "compile_config"}

    return json.dumps(json.loads(layers, object_hook=drop))


def compile_verified(
    path: Path, network: keras.Model, vocabulary: Sequence[str] | None
) -> Forecaster | SentimentClassifier:
    """Put a compiled form of `network` beside the SavedModel in `path` and prove it; it is taken back if it differs.

    It must give the golden answers, and what the SavedModel gives for made-up inputs. Raises CannotCompile,
    BundleError.
    """
    if vocabulary is not None:
        content, words = compile_classifier(network), list(vocabulary)
    else:
        content, words = onnx_of(network), None
    with onnx.written(path, content, words):
        fast, slow = bundle.load(path, backend="onnx"), bundle.load(path, tuned=False)
        found = load_predictor(fast)
        verify(found, fast.golden, str(path / onnx.DIRECTORY))
        worst = difference(fast, slow, vocabulary)
        if worst > AGREEMENT:
            raise BundleError(f"{path / onnx.DIRECTORY} differs from the SavedModel by up to {worst:g}")
    return found


def difference(fast: bundle.Bundle, slow: bundle.Bundle, vocabulary: Sequence[str] | None) -> float:
    """The largest difference between two engines of one version, over made-up inputs, scaled by the answers' range."""
    chance = np.random.default_rng(0)
    if isinstance(fast.card, ForecastCard):
        made = _made_up(fast.card, chance)
        ours, theirs = (next(iter(loaded.network(*made).values())) for loaded in (fast, slow))
        return float(np.max(np.abs(ours - theirs)) / max(1.0, float(np.ptp(theirs))))
    assert vocabulary is not None
    lengths = chance.integers(0, WORDS_PER_SAMPLE, SAMPLES)
    texts = [" ".join(chance.choice([*vocabulary[2:], "zzunknown"], length)) + "." for length in lengths]
    answers = []
    for model in (SentimentClassifier(fast), SentimentClassifier(slow)):
        judged = model.predict([model.prepare(text) for text in texts])
        answers.append([[j.positive, j.tokens_total, j.tokens_read, j.tokens_unknown] for j in judged])
    ours, theirs = np.array(answers)
    return float(np.max(np.abs(ours - theirs)))


def _made_up(card: ForecastCard, chance: np.random.Generator) -> list[npt.NDArray[np.float32]]:
    """Inputs of one call: windows within reach of a logarithm, or features of series of any kind."""
    if card.reads == "window":
        return [chance.uniform(0.2, 1.2, (SAMPLES, card.window, 1)).astype(np.float32)]
    shapes = ((SAMPLES, LENGTHS[2], READING_FEATURES), (SAMPLES, STEPS[1], STEP_FEATURES))
    return [chance.normal(size=shape).astype(np.float32) for shape in shapes]


def made_with(*packages: str) -> dict[str, str]:
    """Versions of Python and of the named packages, for the card."""
    found = {"python": platform.python_version()}
    return found | {name: importlib.metadata.version(name) for name in packages}
