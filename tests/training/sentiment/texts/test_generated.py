"""Texts of a grammar: targets, agreement of text and target, and independence of the checklist."""

import re
from itertools import pairwise

import numpy as np
import pytest

from training.evaluation.checklist_cases import CASES
from training.sentiment.texts.generated import BAD, GOOD, generate


def normalized(text):
    """The words, marks of ratings and emoji of a text."""
    return re.sub(r"[^\w/★☆\U0001f300-\U0001faff❤]+", " ", text.casefold()).strip()


def test_targets_are_probabilities_of_three_classes():
    texts, targets = generate(500, 0)
    assert (len(texts), targets.shape) == (500, (500, 3))
    assert targets.sum(axis=1) == pytest.approx(np.ones(500))
    assert {0, 1, 2} == set(targets.argmax(axis=1).tolist())


def test_one_seed_gives_the_same_texts_again():
    assert generate(50, 3)[0] == generate(50, 3)[0]
    assert generate(50, 3)[0] != generate(50, 4)[0]


@pytest.mark.parametrize(
    ("beginning", "label"), [("I would not recommend", 0), ("Highly recommended", 2), ("How do I turn on", 1)]
)
def test_texts_have_the_target_of_what_they_say(beginning, label):
    texts, targets = generate(5_000, 1)
    found = [target for text, target in zip(texts, targets, strict=True) if text.startswith(beginning)]
    assert found
    assert {int(target.argmax()) for target in found} == {label}


def test_negation_and_mirror_images_turn_the_class():
    """What is said of a thing decides, and not the word alone."""
    sides: dict[tuple[str, str], set[int]] = {}
    for text, target in zip(*generate(6_000, 0), strict=True):
        words = text.removesuffix(".").split()
        if len(words) == 4 and words[0] == "The" and words[2] in ("is", "isn't"):
            kind = "good" if words[3] in GOOD else "bad" if words[3] in BAD else ""
            sides.setdefault((words[2], kind), set()).add(int(target.argmax()))
    assert (sides["is", "good"], sides["is", "bad"]) == ({2}, {0})
    assert (sides["isn't", "good"], sides["isn't", "bad"]) == ({0}, {2})


def test_before_a_vowel_the_article_is_an():
    for text in generate(3_000, 2)[0]:
        words = text.lower().split()
        assert not [word for article, word in pairwise(words) if article == "a" and word[0] in "aeiou"], text


def test_no_slot_is_left_unfilled():
    assert not [text for text in generate(3_000, 2)[0] if "{" in text or "}" in text]


def test_the_grammar_makes_no_case_of_the_checklist():
    """The checklist measures what was learnt, so no text of it may be among those that teach."""
    made = {normalized(text) for seed in range(3) for text in generate(12_000, seed)[0]}
    cases = {normalized(text) for case in CASES for text in (case.text, case.changed) if text}
    assert not made & cases
