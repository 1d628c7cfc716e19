"""Versions are verified when they are written; one that fails leaves nothing behind."""

import shutil

import numpy as np
import pytest

from service.artifacts import bundle, onnx
from service.artifacts.files import BundleError
from tests import fakes
from tests.fakes import shaken
from tests.processes import UNIVERSAL

pytestmark = pytest.mark.slow


def test_a_version_that_fails_verification_is_removed(tmp_path):
    """A network that gives other answers than the golden ones leaves no version for the service to refuse."""
    from training.export.versions import save_verified
    from training.networks import tutorial

    expected = fakes.forecast_bundle()
    network = tutorial.simple_rnn(fakes.WINDOW)
    with pytest.raises(BundleError, match="golden case 1 differs"):
        save_verified(
            tmp_path,
            expected.card,
            expected.golden,
            lambda path: network.export(path, verbose=False),
            network,
            scaler=expected.scaler,
        )
    assert list(tmp_path.iterdir()) == []


def test_a_network_that_cannot_be_compiled_is_saved_without_a_compiled_form(tmp_path, capsys):
    import keras

    from service.artifacts.golden import Golden, GoldenCase
    from training.export.versions import in_memory, save_forecaster

    layers = [keras.layers.Conv1D(2, 5), keras.layers.Flatten(), keras.layers.Dense(1)]
    model = shaken(keras.Sequential([keras.Input((5, 1)), *layers]))
    expected = fakes.forecast_bundle()
    request = {"readings": fakes.READINGS, "horizon": 1}
    answer = in_memory(expected.card, expected.scaler, model).replay(request)
    golden = Golden(
        relative_tolerance=1e-4, absolute_tolerance=1e-3, cases=[GoldenCase(request=request, answer=answer)]
    )
    path, predictor = save_forecaster(tmp_path, expected.card, golden, model, scaler=expected.scaler)
    assert not onnx.exists(path)
    assert predictor.replay(request) == pytest.approx(answer, abs=1e-3)
    assert "has no compiled form: the layer" in capsys.readouterr().err


def test_a_compiled_form_that_fails_verification_is_removed(tmp_path):
    """Another network's weights are refused, and the compiled form that was there is there again."""
    from training.export.versions import compile_verified
    from training.networks import universal

    path = tmp_path / "universal" / UNIVERSAL.name
    shutil.copytree(UNIVERSAL, path)
    with pytest.raises(BundleError, match="golden case 1 differs"):
        compile_verified(path, universal.network(), None)
    onnx.load(path, 1)
    assert [p.name for p in path.parent.iterdir()] == [UNIVERSAL.name]


def test_a_compiled_form_that_disagrees_on_other_inputs_is_removed(tmp_path, monkeypatch):
    """The golden answers alone are not enough: the two engines must agree on random inputs too."""
    from training.export import versions
    from training.export.restore import restore

    path = tmp_path / "universal" / UNIVERSAL.name
    shutil.copytree(UNIVERSAL, path, ignore=shutil.ignore_patterns("compiled"))
    network, _ = restore(path, bundle.read(path)[0])
    monkeypatch.setattr(versions, "AGREEMENT", -1.0)
    with pytest.raises(BundleError, match="differs from the SavedModel by up to"):
        versions.compile_verified(path, network, None)
    assert not onnx.exists(path)


def test_two_forecasters_differ_by_their_largest_error_over_the_range():
    """One of the two networks gives 1.1 times what the other gives."""
    from training.export.versions import largest_difference

    reference = fakes.forecast_bundle(run=lambda windows: {"output": 100 * windows[:, -1, :]})
    compiled = fakes.forecast_bundle(run=lambda windows: {"output": 110 * windows[:, -1, :]})
    assert largest_difference(reference, reference, None) == 0
    assert largest_difference(compiled, reference, None) == pytest.approx(10 * 1.2 / 100, rel=0.05)


def test_two_classifiers_differ_by_their_answers_to_random_texts():
    from training.export.versions import largest_difference

    def answering(probability):
        def run(texts):
            probabilities = np.tile([1 - probability, 0, probability], (len(texts), 1))
            return {**fakes.good_words(texts), "probability": probabilities}

        return fakes.sentiment_bundle(run=run)

    words = ["", "[UNK]", "good", "bad", "film"]
    reference, compiled = answering(0.9), answering(0.85)
    assert largest_difference(reference, reference, words) == 0
    assert largest_difference(compiled, reference, words) == pytest.approx(0.05, abs=1e-6)


def test_the_card_names_the_versions_of_packages():
    import platform

    from training.export.versions import made_with

    assert made_with("numpy") == {"python": platform.python_version(), "numpy": np.__version__}


def test_how_a_network_was_compiled_for_training_is_not_written():
    """A loss may be a local function, in the network or in one inside it, and could not be found again."""
    import keras

    from training.export.versions import without_compilation

    def loss(actual, forecast):
        return keras.ops.mean(actual - forecast)

    inner = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    inner.compile(loss=loss)
    outer = keras.Sequential([keras.Input((2,)), inner])
    outer.compile(loss="mse")
    assert "compile_config" in outer.to_json()
    written = without_compilation(outer.to_json())
    assert "compile_config" not in written
    assert keras.models.model_from_json(written).count_params() == 3
