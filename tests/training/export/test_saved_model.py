"""The SavedModel of a sentiment network: which words it reads, and what it counts."""

import numpy as np
import pytest

from service.artifacts import saved_model
from service.artifacts.tokenizer import Tokenizer
from service.sentiment.language import count_words, is_word, kinds_of
from tests import fakes, review_networks

pytestmark = pytest.mark.slow
WORDS = ["", "[UNK]", "。", "！", "？", "the", "film", "a", "url", "10outof10", "😂", "don't", "été", "good"]
VOCABULARY = [*WORDS, *(f"x{number}" for number in range(review_networks.VOCABULARY - len(WORDS)))]
TEXTS = [
    "The film: a 10/10!",
    "zzz qqq été www.x.y 5a",
    "😂😂 ...",
    "",
    "the film " * 40,
    "un deux trois x1 x2 film",
    "--",
]


def test_a_long_text_keeps_its_two_ends():
    """Rows are right-padded with "", and do not depend on their neighbours' lengths."""
    import tensorflow as tf

    from training.export.saved_model import keep_ends

    words = tf.constant([list("abcde"), ["f", "g", "", "", ""], [""] * 5])
    lengths = tf.constant([5, 2, 0])

    def kept(*arguments):
        return [b" ".join(row).decode().strip() for row in keep_ends(*arguments).numpy()]

    assert kept(words, lengths, 3, 0) == ["c d e", "f g", ""]
    assert kept(words, lengths, 3, 1) == ["a d e", "f g", ""]
    assert kept(words, lengths, 9, 1) == ["a b c d e", "f g", ""]
    assert kept(words[:, :2], tf.constant([2, 2, 0]), 3, 1) == ["a b", "f g", ""]
    assert keep_ends(words[:, :0], tf.constant([0, 0, 0]), 3, 1).shape == (3, 1)


@pytest.mark.parametrize("has_language", [True, False])
def test_the_counts_are_those_of_the_service(tmp_path, has_language):
    """Of all tokens, and of unknown ones, words, unknown words and common words among those that are read."""
    from training.export.saved_model import write_classifier

    language = fakes.sentiment_card().language if has_language else None
    card = fakes.sentiment_card(max_tokens=6, truncation="keep_head_and_tail", head_tokens=2, language=language)
    write_classifier(tmp_path, VOCABULARY, review_networks.served(np.random.default_rng(0)), card)
    outputs = saved_model.load(tmp_path, 1)(np.array([text.encode() for text in TEXTS], object))
    tokenize = Tokenizer(VOCABULARY)
    for row, text in enumerate(TEXTS):
        encoding = tokenize(text)
        numbers, words = encoding.numbers.tolist(), encoding.words
        if len(numbers) > 6:
            numbers, words = numbers[:2] + numbers[-4:], words[:2] + words[-4:]
        unknown = [word for word, number in zip(words, numbers, strict=True) if number == 1]
        expected = {"tokens_total": len(encoding.words), "tokens_unknown": len(unknown)}
        if language is not None:
            known, common = count_words(kinds_of(language, VOCABULARY), np.array(numbers, np.int32))
            strange = sum(map(is_word, unknown))
            expected |= {"words_read": known + strange, "words_unknown": strange, "words_common": common}
        assert {name: int(outputs[name][row, 0]) for name in expected} == expected, text
    assert ("words_read" in outputs) == has_language


@pytest.mark.parametrize(("classes", "has_poles"), [(2, True), (5, False)])
def test_outputs_have_a_column_for_each_class(tmp_path, classes, has_poles):
    from training.export.saved_model import write_classifier

    network = review_networks.served(np.random.default_rng(0), classes, has_poles)
    write_classifier(tmp_path, VOCABULARY, network, fakes.sentiment_card())
    outputs = saved_model.load(tmp_path, 1)(np.array([b"the good film. zzz!", b""], object))
    assert outputs["probability"].shape == (2, classes)
    assert outputs["weights"].shape == (2, 6, classes)
    assert outputs["evidence"].any() == has_poles
