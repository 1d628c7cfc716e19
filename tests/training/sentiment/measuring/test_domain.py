"""What the training texts are like: unlike texts are told, and others are not."""

import numpy as np
import pytest

from service.artifacts import domain as domain_file
from service.sentiment.domain import Domain as ServedDomain
from service.sentiment.domain import DomainRule
from training.sentiment.measuring import domain

WORDS = ["", "[UNK]", *map(str, range(2, 2_000))]


def texts(rng, count, own, lengths=(10, 60)):
    """Texts of common words by Zipf's law, and of words between `own`."""
    general = np.minimum(rng.zipf(1.3, (count, lengths[1])) + 1, 1_999)
    special = rng.integers(*own, general.shape)
    mixed = np.where(rng.random(general.shape) < 0.4, special, general).astype(np.int32)
    return [row[: rng.integers(lengths[0], lengths[1] + 1)] for row in mixed]


def share_unlike(made, others):
    rule, served = DomainRule(made.limits), ServedDomain(made.limits, made.steps)
    return np.mean([rule.unlike(len(t), len(t), served.typicality(t.tolist())) is not None for t in others])


@pytest.fixture(scope="module")
def made():
    rng = np.random.default_rng(0)
    return domain.fit(texts(rng, 1_500, (500, 700)), texts(rng, 200, (500, 700)), WORDS)


def test_texts_of_the_domain_are_hardly_ever_unlike(made):
    """Two in a hundred at most, of each length."""
    rng = np.random.default_rng(1)
    for lengths in ((10, 16), (17, 32), (33, 60)):
        assert share_unlike(made, texts(rng, 1_000, (500, 700), lengths)) <= 0.02


def test_texts_of_another_domain_are_unlike(made):
    """The longer, the surer."""
    rng = np.random.default_rng(2)
    shares = [share_unlike(made, texts(rng, 500, (900, 1_100), (n, n))) for n in (10, 30, 60)]
    assert shares == sorted(shares)
    assert shares[0] > 0.6
    assert shares[2] > 0.99


def test_texts_far_longer_than_those_learnt_are_unlike(made):
    """Even if their words are those of the domain."""
    rng = np.random.default_rng(3)
    assert made.limits.most_tokens == 120
    assert share_unlike(made, texts(rng, 20, (500, 700), (121, 150))) == 1


def test_short_parts_of_long_texts_are_not_unlike():
    """Where all training texts are long, parts of them say what short ones are like."""
    rng = np.random.default_rng(4)
    made = domain.fit(texts(rng, 800, (500, 700), (100, 200)), [], WORDS)
    assert share_unlike(made, texts(rng, 1_000, (500, 700), (6, 12))) <= 0.02
    assert [each.max_tokens for each in made.limits.thresholds][:3] == [8, 16, 32]


def test_the_same_texts_give_the_same_numbers(made):
    """Nothing depends on chance."""
    rng = np.random.default_rng(0)
    assert domain.fit(texts(rng, 1_500, (500, 700)), texts(rng, 200, (500, 700)), WORDS).limits == made.limits


def test_the_file_has_a_number_for_each_word(made, tmp_path):
    """As the service reads it."""
    path = made.write(tmp_path / domain_file.FILE)
    assert domain_file.read(path, len(WORDS)).tolist() == made.steps.tolist()


def test_too_few_texts_say_nothing():
    """None is returned, and the card has no limits."""
    rng = np.random.default_rng(5)
    assert domain.fit(texts(rng, 60, (500, 700)), texts(rng, 20, (500, 700)), WORDS) is None


def test_odd_texts_do_no_harm():
    """Words without a number are unknown ones; empty texts count for nothing; one text may be all there is."""
    odd = [np.array(words, np.int32) for words in ([], [5_000, 5_001], [1], [2] * 700)]
    made = domain.fit(odd * 60, [], WORDS)
    assert made.limits.most_tokens is None
    assert np.isfinite([each.least for each in made.limits.thresholds]).all()
