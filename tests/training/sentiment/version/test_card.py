"""The card of a trained model: which network ships, and how its language is told."""

from types import SimpleNamespace

import numpy as np
import pytest

from service.sentiment.language import kinds_of
from training.data.texts import ENGLISH

pytestmark = pytest.mark.slow  # the card knows the networks, and with them TensorFlow
STRANGE = [f"x{chr(97 + n % 26)}{chr(97 + n // 26)}" for n in range(300)]


def result_of(losses):
    """A run of networks that give the right class ever larger logits."""
    from training.sentiment.network.seeds import Encoded
    from training.sentiment.recipe.result import TrainingResult
    from training.sentiment.texts.corpus import Labelled

    labels = np.arange(6) % 3
    part = Labelled("validation", ["x"] * 6, labels, ["a"] * 6)
    runs = [
        SimpleNamespace(logits={"validation": size * np.eye(3)[labels]}, seeds=(row,))
        for row, size in enumerate(losses)
    ]
    held_out = [Encoded(part, [], np.zeros((6, 3)))]
    return TrainingResult(None, held_out, None, None, None, False, runs[:-1], runs[-1])


def test_the_network_of_least_validation_loss_ships():
    """A seed's, or the average of them all."""
    first, last = result_of([1.0, 3.0, 2.0]), result_of([1.0, 2.0, 3.0])
    assert first.shipped is first.runs[1]
    assert last.shipped is last.average
    assert last.loss == pytest.approx(first.loss)


def test_a_language_is_told_where_the_commonest_words_are_english():
    """The texts of a file in another language, or of few words, tell none."""
    from training.sentiment.version import card

    first = ["", "[UNK]", "。", "！", "？"]
    words = [*first, *sorted(ENGLISH), *STRANGE]
    language = card._language(words)
    assert language.code == "en"
    assert kinds_of(language, words)[[2, 5, 120]].tolist() == [0, 2, 1]
    assert card._language([*first, *STRANGE, *sorted(ENGLISH)]) is None
