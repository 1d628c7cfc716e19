"""Hashed n-grams."""

import numpy as np

from training.networks.ngram_hash import BUCKETS, buckets_of


def test_the_bucket_depends_on_every_word_its_place_and_the_number_of_words():
    first, second = np.array([5, 6, 5]), np.array([6, 5, 5])
    buckets = buckets_of([first, second], BUCKETS)
    assert len({*buckets.tolist(), *buckets_of([first], BUCKETS).tolist()}) == 5
    assert (buckets < BUCKETS).all()
    assert buckets_of([first, second], 7).max() < 7
