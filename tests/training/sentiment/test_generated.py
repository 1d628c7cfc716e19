"""The texts that a grammar makes. No TensorFlow."""

import numpy as np
import pytest

from training.data.texts.reading import normalize
from training.evaluation.checklist_cases import CASES
from training.sentiment import generated


@pytest.fixture(scope="module")
def made():
    return generated.generate(6_000, 0)


def test_targets_are_probabilities_of_three_classes(made):
    texts, targets = made
    assert (len(texts), targets.shape, targets.dtype) == (6_000, (6_000, 3), np.float32)
    np.testing.assert_allclose(targets.sum(axis=1), 1.0, atol=1e-6)
    shares = np.bincount(targets.argmax(axis=1)) / 6_000
    assert shares == pytest.approx([0.42, 0.16, 0.42], abs=0.04)


def test_the_same_seed_makes_the_same_texts(made):
    assert generated.generate(20, 0)[0] == made[0][:20]
    assert generated.generate(20, 1)[0] != made[0][:20]


def test_no_placeholder_is_left(made):
    for text in made[0]:
        assert not set("{}|") & set(text), text
        assert text.strip()


def test_negation_and_mirror_images_turn_the_class(made):
    """What is said of a thing decides, and not the word alone."""
    sides = {}
    for text, target in zip(*made, strict=True):
        words = text.removesuffix(".").split()
        if len(words) == 4 and words[:1] == ["The"] and words[2] in ("is", "isn't"):
            kind = "good" if words[3] in generated.GOOD else "bad" if words[3] in generated.BAD else None
            sides.setdefault((words[2], kind), set()).add(int(target.argmax()))
    assert (sides["is", "good"], sides["is", "bad"]) == ({2}, {0})
    assert (sides["isn't", "good"], sides["isn't", "bad"]) == ({0}, {2})


def test_questions_and_statements_are_neutral(made):
    asked = [
        target.argmax()
        for text, target in zip(*made, strict=True)
        if text.startswith(("Is the", "Where is", "Does the"))
    ]
    assert len(asked) > 20
    assert set(asked) == {1}


def test_a_thing_that_begins_with_a_vowel_has_the_article_an(made):
    for text in made[0]:
        for article, word in zip(text.lower().split(), text.lower().split()[1:], strict=False):
            assert article != "a" or word[0] not in "aeiou", text


def test_no_text_is_one_of_the_checklist(made):
    """Else the checklist would measure what was learnt by heart; texts of one word or two are too few to differ."""
    cases = {normalize(text) for case in CASES for text in (case.text, case.changed) if len(text.split()) > 3}
    assert cases & {normalize(text) for text in made[0]} == set()
