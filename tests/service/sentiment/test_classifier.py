"""The sentiment classifier, with fake networks: with the tokenizer in the network, and with our own."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from service.artifacts.tokenizer import SPELLING_BYTES, Tokenizer
from service.errors import ModelFault, UnreadableText
from service.sentiment.classifier import SentimentClassifier
from service.sentiment.judgement import contrast
from tests import fakes

VOCABULARY = ["", "[UNK]", "a", "the", "film", "good", "bad"]
BASELINE = np.array([0.1, 0.5, 0.0])


class NetworkOfNumbers:
    """A compiled network: each token adds its number to the positive logit and half of it to the neutral one.

    `calls` has the arrays of every call.
    """

    def __init__(self) -> None:
        self.calls: list[Any] = []

    def __call__(self, *arrays: Any) -> dict[str, Any]:
        self.calls.append(arrays)
        tokens, lengths, spellings, explain = arrays
        assert len(spellings) == np.count_nonzero(tokens == 1)
        assert (np.count_nonzero(tokens, axis=1) == lengths).all()
        weights = tokens[..., None] * np.array([0, 0.05, 0.1], np.float32)
        odds = np.exp(BASELINE + weights.sum(axis=1))
        return {
            "probability": (odds / odds.sum(axis=1, keepdims=True)).astype(np.float32),
            "evidence": np.zeros((len(tokens), 2), np.float32),
            "weights": weights if explain else weights[:, :0],
        }


@pytest.fixture
def model():
    return SentimentClassifier(fakes.sentiment_bundle())


@pytest.fixture
def network():
    return NetworkOfNumbers()


def compiled(network, vocabulary=VOCABULARY, **changes):
    """A classifier whose texts are split by our own tokenizer. It reads two tokens from the head and four from the end."""
    defaults = {
        "max_tokens": 6,
        "truncation": "keep_head_and_tail",
        "head_tokens": 2,
        "explanation_baseline": BASELINE.tolist(),
    }
    card = fakes.sentiment_card(**(defaults | changes))
    bundle = replace(fakes.sentiment_bundle(card, network), tokenizer=Tokenizer(vocabulary), backend="onnx")
    return SentimentClassifier(bundle)


@pytest.fixture
def token_model(network):
    return compiled(network)


def predict(model, *texts, explain=False):
    return model.predict([model.prepare(text, explain) for text in texts])


def spelt(word):
    return word.encode().ljust(SPELLING_BYTES, b"\0")


@pytest.mark.parametrize(
    "probabilities",
    [[np.nan, 0.5, 0.5], [0.5, 0.5, np.nan], [np.inf, 0, 0], [-np.inf, np.inf, 1], [1.5, -0.5, 0], [0.9] * 3, [0] * 3],
)
def test_what_are_no_probabilities_is_a_model_fault(probabilities):
    def broken(*arrays):
        return {**fakes.good_words(*arrays), "probability": np.array([probabilities], np.float32)}

    model = SentimentClassifier(fakes.sentiment_bundle(run=broken))
    with pytest.raises(ModelFault, match="negative, not a number, or not 1 in all"):
        predict(model, "good")


@pytest.mark.parametrize("probabilities", [[[0.5, 0.5]], [[1.0]], [0.2, 0.3, 0.5], [[0.2, 0.3, 0.5]] * 2])
def test_probabilities_of_other_classes_are_a_model_fault(probabilities):
    def broken(*arrays):
        return {**fakes.good_words(*arrays), "probability": np.array(probabilities)}

    model = SentimentClassifier(fakes.sentiment_bundle(run=broken))
    with pytest.raises(ModelFault, match=r"of shape \(.*\), not \(1, 3\)"):
        predict(model, "good")


def test_probabilities_sum_to_one(token_model):
    """Also where the network's own numbers have seven digits."""
    for prediction in predict(token_model, "good", "a film", "bad bad bad"):
        assert sum(prediction.probabilities) == pytest.approx(1, abs=1e-12)


def test_a_card_of_another_task_is_refused():
    with pytest.raises(TypeError):
        SentimentClassifier(fakes.forecast_bundle())


@pytest.mark.parametrize("text", ["", " \t\n", "good \ud800"])
def test_a_text_that_cannot_be_read_is_refused(model, token_model, text):
    for each in (model, token_model):
        with pytest.raises(UnreadableText) as refusal:
            each.prepare(text)
        assert [fault.pointer for fault in refusal.value.faults] == ["/text"]


def test_both_ends_of_a_long_text_are_read(token_model):
    """Two tokens of the head, four of the end; all are counted."""
    review = token_model.prepare("good bad film the a the a the")
    assert list(review.tokens) == [5, 6, 2, 3, 2, 3]
    assert review.counts.total == 8
    (prediction,) = token_model.predict([review])
    assert (prediction.tokens_total, prediction.tokens_read) == (8, 6)
    assert prediction.warnings[0].detail == "the text has 8 tokens; the model reads the first 2 and the last 4"


def test_unknown_words_are_spelt_where_the_text_is_read(token_model, network):
    """Of words between the head and the tail there is no spelling."""
    predict(token_model, "zebra good unread a the yak zoo")
    tokens, _, spellings, _ = network.calls[-1]
    assert tokens.tolist() == [[1, 5, 2, 3, 1, 1]]
    assert [bytes(row) for row in spellings] == [spelt("zebra"), spelt("yak"), spelt("zoo")]


def test_spellings_of_a_batch_follow_the_order_of_its_rows(token_model, network):
    predict(token_model, "yak", "a good", "zebra bad ox")
    tokens, lengths, spellings, _ = network.calls[-1]
    assert (tokens.tolist(), lengths.tolist()) == ([[1, 0, 0], [2, 5, 0], [1, 6, 1]], [1, 2, 3])
    assert [bytes(row) for row in spellings] == [spelt("yak"), spelt("zebra"), spelt("ox")]
    assert [array.dtype for array in network.calls[-1]] == [np.int32, np.int32, np.uint8, np.bool_]


def test_a_batch_without_unknown_words_has_no_spellings(token_model, network):
    predict(token_model, "good", "a film")
    assert network.calls[-1][2].shape == (0, SPELLING_BYTES)


def test_a_batch_of_token_rows_is_padded_and_answered_in_order(token_model):
    """Padding is not counted as an unknown word, and changes no probability."""
    texts = ("good film", "a", "good bad zebra the", "-- (,)")
    batch = predict(token_model, *texts)
    for prediction, text in zip(batch, texts, strict=True):
        assert prediction.probabilities == pytest.approx(predict(token_model, text)[0].probabilities)
    assert [prediction.tokens_unknown for prediction in batch] == [0, 0, 1, 0]


def test_a_text_without_words_is_uncertain(token_model):
    (prediction,) = predict(token_model, "-- (,)")
    assert prediction.uncertain
    assert [(w.code, w.detail) for w in prediction.warnings] == [("mostly_unknown_words", "the text holds no words")]


def test_the_likeliest_class_is_named_the_first_of_equals(token_model):
    (prediction,) = predict(token_model, "a")
    assert (prediction.label, prediction.confidence) == (1, max(prediction.probabilities))
    equal = prediction._replace(probabilities=[0.2, 0.4, 0.4])
    assert (equal.label, equal.confidence) == (1, 0.4)


# ---- explanations


def test_attributions_stand_where_the_words_do(token_model):
    """Offsets are code points of the text as sent; words that were not read have none."""
    text = "😀 Good, bad <b>film</b> the a the a the"
    (prediction,) = predict(token_model, text, explain=True)
    attributions = token_model.attributions(text, prediction)
    assert [text[word.start : word.end] for word in attributions] == ["😀", "Good", "a", "the", "a", "the"]


@pytest.mark.parametrize("text", ["a good film", "good good good bad bad bad", "-- (,)", "zebra " * 9])
def test_weights_and_baseline_are_what_speaks_for_the_class_that_is_named(token_model, text):
    """They sum to the log of its probability less the mean log of the others, compiled or not."""
    for model in (token_model, SentimentClassifier(fakes.sentiment_bundle())):
        (prediction,) = predict(model, text, explain=True)
        baseline = contrast(np.array(model.card.explanation_baseline), prediction.label)
        total = baseline + sum(word.weight for word in model.attributions(text, prediction))
        assert total == pytest.approx(contrast(np.log(prediction.probabilities), prediction.label), abs=1e-4)


def test_two_classes_are_explained_by_log_odds():
    model = SentimentClassifier(fakes.binary_bundle())
    (prediction,) = predict(model, "a bad film", explain=True)
    weights = [word.weight for word in model.attributions("a bad film", prediction)]
    assert weights == pytest.approx([0, np.log(0.9 / 0.1) + np.log(0.6 / 0.4), 0])


def test_only_texts_that_ask_are_explained(token_model, model, network):
    """One that asks is enough for the network to give weights; the others of its batch get none."""
    for each in (token_model, model):
        asked, silent = each.predict([each.prepare("good", explain=True), each.prepare("a bad film")])
        assert (len(asked.weights), silent.weights) == (1, None)
    assert network.calls[-1][3]
    predict(token_model, "good")
    assert not network.calls[-1][3]


def test_a_prediction_without_weights_explains_nothing(model):
    (prediction,) = predict(model, "good")
    with pytest.raises(ModelFault, match="gives no weights"):
        model.attributions("good", prediction)


# ---- mixed and uncertain


@pytest.mark.parametrize(
    ("evidence", "is_mixed"), [((0.5, -0.5), True), ((0.49, -3), False), ((3, -0.49), False), ((np.nan, -3), False)]
)
def test_a_text_is_mixed_by_the_rule_of_the_card(evidence, is_mixed):
    def run(*arrays):
        return {**fakes.good_words(*arrays), "evidence": np.array([evidence])}

    (prediction,) = predict(SentimentClassifier(fakes.sentiment_bundle(run=run)), "good")
    assert (prediction.mixed, prediction.evidence) == (is_mixed, pytest.approx(evidence, nan_ok=True))
    without = fakes.sentiment_card(mixed=None)
    assert not predict(SentimentClassifier(fakes.sentiment_bundle(without, run)), "good")[0].mixed


def test_how_sure_an_answer_must_be_depends_on_the_length_of_the_text():
    """The first threshold whose `max_tokens` is at least the tokens read holds."""
    thresholds = [
        {"max_tokens": 2, "confidence": 0.95, "coverage": 0.5, "accuracy_covered": 0.9},
        {"max_tokens": 4, "confidence": 0.85, "coverage": 0.5, "accuracy_covered": 0.9},
        {"max_tokens": None, "confidence": 0.91, "coverage": 0.5, "accuracy_covered": 0.9},
    ]
    calibration = fakes.sentiment_card().calibration.model_dump() | {"confidence_thresholds": thresholds}
    model = SentimentClassifier(fakes.sentiment_bundle(fakes.sentiment_card(calibration=calibration)))
    texts = ["good", "good film", "a good film", "a good film film", "the film, a good film", "a " * 50 + "good"]
    assert [prediction.uncertain for prediction in predict(model, *texts)] == [True, True, False, False, True, True]


# ---- other languages


RULE = {"code": "en", "common_words": 7, "least_common": 0.25, "most_unknown": 0.25, "least_tokens": 4}


def judging(*extra):
    """A compiled classifier whose rule for other languages counts words of letters only."""
    words = ["", "[UNK]", "。", "！", "a", "the", "film", "usermention", "😂", "good", *extra]
    language = RULE | {"threshold_choice": ""}
    return compiled(NetworkOfNumbers(), words, max_tokens=60, language=language, max_unknown_share=1)


@pytest.mark.parametrize(
    "text",
    [
        "un chef d'oeuvre absolument bouleversant",
        "@a @b @c @d un chef d'oeuvre bouleversant 😂😂😂😂",
        "un chef d'oeuvre bouleversant! ! ! ! ! !",
        "12 un 13 chef 14 d'oeuvre 15 bouleversant 10/10",
        "фильм который стоит посмотреть каждому",
        "🫠🫠🫠 un chef d'oeuvre bouleversant 🫠🫠🫠",
    ],
)
def test_a_text_of_another_language_is_told_whatever_stands_between_its_words(text):
    (prediction,) = predict(judging(), text)
    assert ([warning.code for warning in prediction.warnings], prediction.uncertain) == (["not_english"], True)


@pytest.mark.parametrize(
    "text",
    [
        "😂😂😂 🫠🫠🫠🫠🫠 good 🫠🫠🫠 👩‍🚀👩‍🚀👩‍🚀👩‍🚀",
        "good film! the zzebra 🫠🫠🫠🫠🫠🫠🫠🫠🫠🫠",
        "@a @b @c @d @e @f http://x.yz/abc http://x.yz/abd wow",
        "10/10 3rd 4k 1080p 2nd 5th 7/10",
        "!!! ??? ... !!!",
        "the a film good " * 3 + "zza zzb zzc zzd",
        "un chef d'oeuvre",
    ],
)
def test_tweets_and_marks_are_not_taken_for_another_language(text):
    (prediction,) = predict(judging(), text)
    assert [warning.code for warning in prediction.warnings] == []


def test_the_words_of_a_foreign_text_are_in_its_warning():
    (prediction,) = predict(judging(), "un chef d'oeuvre bouleversant, the 😂 !")
    (warning,) = prediction.warnings
    assert warning.detail == "of 5 words 1 are common English words and 4 unknown; the model knows English only"


# ---- hostile texts


@pytest.mark.parametrize(
    "text", ["😀" * 20_000, "🫠 " * 10_000, "." * 20_000, "! ? " * 5_000, "zz " * 6_666, "é" * 20_000]
)
def test_texts_of_one_kind_of_token_are_answered(token_model, text):
    (prediction,) = predict(token_model, text, explain=True)
    assert sum(prediction.probabilities) == pytest.approx(1)
    assert prediction.tokens_read <= 6
    assert len(token_model.attributions(text, prediction)) == prediction.tokens_read


def test_a_text_of_unknown_words_only_is_uncertain(token_model):
    (prediction,) = predict(token_model, "zebra yak ox")
    assert (prediction.tokens_unknown, prediction.uncertain) == (3, True)
    assert "3 of the 3 tokens read are not in" in prediction.warnings[0].detail


# ---- batches and golden answers


def test_reviews_of_like_length_share_a_model_call(token_model):
    """The shortest come first; at most 16 share a call of ONNX Runtime."""
    reviews = [token_model.prepare("good " * (1 + i % 2 * 3)) for i in range(20)]
    batches = token_model.make_batches(reviews)
    assert [len(batch) for batch in batches] == [16, 4]
    assert sorted(index for batch in batches for index in batch) == list(range(20))
    assert batches[0][:10] == list(range(0, 20, 2))


@pytest.mark.parametrize("bundle", [fakes.sentiment_bundle(), fakes.binary_bundle(), fakes.topic_bundle()])
def test_a_golden_answer_has_the_probabilities_and_the_counts(bundle):
    model = SentimentClassifier(bundle)
    (case,) = bundle.golden.cases
    assert model.replay(case.request) == pytest.approx(case.answer)
    assert len(case.answer) == len(model.card.classes) + 3
