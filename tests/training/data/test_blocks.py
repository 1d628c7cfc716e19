"""Splits keep neighbouring texts together."""

import numpy as np
import pytest

from training.data import blocks
from training.data.blocks import split


def test_neighbouring_texts_stay_together():
    """Neighbours in a file often share a subject; in another split they would flatter the model, whatever their label."""
    labels = np.tile([0, 0, 1], 4_000)
    larger, smaller = split(labels, 0.1)
    assert sorted([*larger, *smaller]) == list(range(len(labels)))
    assert labels[smaller].mean() == pytest.approx(1 / 3, abs=0.02)
    assert len(smaller) == pytest.approx(1_200, abs=100)
    assert np.sum(np.diff(smaller) > 1) < 3 * blocks.MIN_BLOCKS
    repeated, _ = split(labels, 0.1)
    np.testing.assert_array_equal(larger, repeated)


def test_a_few_texts_are_split_too():
    """Two hundred, sorted by their label, of which the rarer class has sixty."""
    labels = np.repeat([0, 1], [140, 60])
    larger, smaller = split(labels, 0.3)
    assert len(larger) + len(smaller) == 200
    assert np.bincount(labels[smaller]).tolist() == pytest.approx([46, 20], abs=4)


def test_given_groups_stay_together():
    groups = np.repeat(np.arange(40), 5)
    larger, smaller = split(np.tile([0, 1, 2, 1], 50), 0.2, groups)
    assert not set(groups[larger]) & set(groups[smaller])


def test_one_class_is_split_too():
    """A set may have texts of one class only, which need not be the first."""
    _, smaller = split(np.full(400, 1), 0.1)
    assert len(smaller) == pytest.approx(40, abs=5)


def test_a_rare_class_is_not_split_in_proportion():
    """One text of a class can be in one split only; a few texts are not split at all."""
    larger, smaller = split(np.array([0] * 99 + [1]), 0.1)
    assert len(smaller) == pytest.approx(10, abs=2)
    assert len(larger) + len(smaller) == 100
    assert len(split(np.array([0, 1, 0]), 0.1)[1]) == 0
