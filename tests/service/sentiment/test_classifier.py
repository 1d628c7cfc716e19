"""The sentiment classifier, with fake networks: with the tokenizer in the network, and with our own."""

from dataclasses import replace

import numpy as np
import pytest

from service.artifacts.tokenizer import Tokenizer
from service.errors import ModelFault, UnreadableText
from service.sentiment.classifier import SentimentClassifier
from tests import fakes

VOCABULARY = ["", "[UNK]", "a", "the", "film", "good", "bad"]


def sum_of_tokens(*arrays):
    """A network of token numbers: more likely positive the larger they are. The weights are the numbers."""
    tokens, _ = arrays
    return {
        "probability": 1 / (1 + np.exp(-tokens.sum(axis=1, keepdims=True) / 100)),
        "weights": tokens.astype(np.float32),
    }


@pytest.fixture
def model():
    return SentimentClassifier(fakes.sentiment_bundle())


@pytest.fixture
def token_model():
    """A classifier whose texts are split by our own tokenizer. It reads two tokens from the head and four from the end."""
    card = fakes.sentiment_card(max_tokens=6, truncation="keep_head_and_tail", head_tokens=2)
    bundle = replace(fakes.sentiment_bundle(card, run=sum_of_tokens), tokenizer=Tokenizer(VOCABULARY), backend="onnx")
    return SentimentClassifier(bundle)


def test_a_probability_that_is_not_a_number_is_a_model_fault():
    def broken(*arrays):
        return fakes.good_words(*arrays) | {"probability": np.array([[np.nan]])}

    model = SentimentClassifier(fakes.sentiment_bundle(run=broken))
    with pytest.raises(ModelFault, match="not a number"):
        model.predict([model.prepare("good")])


def test_a_card_of_another_task_is_refused():
    with pytest.raises(TypeError):
        SentimentClassifier(fakes.forecast_bundle())


@pytest.mark.parametrize("text", ["", " \t\n", "good \ud800"])
def test_a_text_that_cannot_be_read_is_refused(model, text):
    with pytest.raises(UnreadableText) as refusal:
        model.prepare(text)
    assert [fault.pointer for fault in refusal.value.faults] == ["/text"]


def test_both_ends_of_a_long_text_are_read(token_model):
    """Two tokens of the head, four of the end; all are counted."""
    review = token_model.prepare("good bad film the a the a the")
    assert list(review.tokens) == [5, 6, 2, 3, 2, 3]
    assert review.total == 8
    (prediction,) = token_model.predict([review])
    assert (prediction.tokens_total, prediction.tokens_read) == (8, 6)
    assert prediction.warnings[0].detail == "the text has 8 tokens; the model reads the first 2 and the last 4"


def test_a_batch_of_token_rows_is_padded_and_answered_in_order(token_model):
    """Padding is not counted as an unknown word, and changes no probability."""
    reviews = [token_model.prepare(text) for text in ("good film", "a", "good bad zebra the", "!!!")]
    batch = token_model.predict(reviews)
    alone = [token_model.predict([review])[0] for review in reviews]
    assert [prediction.positive for prediction in batch] == pytest.approx([prediction.positive for prediction in alone])
    assert [prediction.tokens_unknown for prediction in batch] == [0, 0, 1, 0]


def test_a_text_without_words_is_uncertain(token_model):
    (prediction,) = token_model.predict([token_model.prepare("!!!")])
    assert prediction.uncertain
    assert [(w.code, w.detail) for w in prediction.warnings] == [("mostly_unknown_words", "the text holds no words")]


def test_attributions_stand_where_the_words_do(token_model):
    """Offsets are code points of the text as sent; words that were not read have none."""
    text = "😀 Good, bad <b>film</b>! the a the a the"
    (prediction,) = token_model.predict([token_model.prepare(text)])
    attributions = token_model.attributions(text, prediction)
    assert [text[word.start : word.end] for word in attributions] == ["😀", "Good", "a", "the", "a", "the"]
    assert [word.weight for word in attributions] == [1, 5, 2, 3, 2, 3]


def test_a_network_without_weights_explains_nothing(model):
    (prediction,) = model.predict([model.prepare("good")])
    with pytest.raises(ModelFault, match="gives no weights"):
        model.attributions("good", prediction._replace(weights=None))


def test_reviews_of_like_length_share_a_model_call(token_model):
    """The shortest come first; at most 16 share a call of ONNX Runtime."""
    reviews = [token_model.prepare("good " * (1 + i % 2 * 3)) for i in range(20)]
    batches = token_model.make_batches(reviews)
    assert [len(batch) for batch in batches] == [16, 4]
    assert sorted(index for batch in batches for index in batch) == list(range(20))
    assert batches[0][:10] == list(range(0, 20, 2))
