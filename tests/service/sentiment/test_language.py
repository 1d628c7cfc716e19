"""Which tokens are words, and which words are common."""

import numpy as np
import pytest

from service.sentiment.language import COMMON, OTHER, WORD, count_words, is_word, kinds_of
from tests import fakes


@pytest.mark.parametrize("token", ["a", "don't", "déjà", "фильм", "हिन्दी", "电影", "zzq"])
def test_a_token_with_a_letter_is_a_word(token):
    assert is_word(token)


@pytest.mark.parametrize(
    "token", ["", "。", "…", "😂", "10outof10", "3rd", "1080", "x2y", "½", "usermention", "url", "'"]
)
def test_punctuation_emoji_numbers_and_names_are_no_words(token):
    assert not is_word(token)


def test_the_first_words_of_a_vocabulary_are_common():
    """Whatever stands before and between them."""
    language = fakes.sentiment_card().language.model_copy(update={"common_words": 2})
    kinds = kinds_of(language, ["", "[UNK]", "。", "the", "😂", "url", "a", "film", "4k"])
    assert kinds.tolist() == [OTHER, OTHER, OTHER, COMMON, OTHER, OTHER, COMMON, WORD, OTHER]
    assert count_words(kinds, np.array([3, 3, 7, 2, 1, 0, 8], np.int32)) == (3, 2)
    assert count_words(kinds, np.array([], np.int32)) == (0, 0)
