"""Predictions of one text or many, with explanations and sentences."""

import asyncio

import pytest

from service.errors import DeadlineExceeded, InvalidRequest, NotOffered, UnknownModel, UnreadableText
from service.sentiment import sentences
from service.sentiment.classifier import SentimentClassifier
from service.serving import reviews
from service.serving.reviews import ReviewAnswer, ReviewOptions, predict_many, predict_one
from tests import fakes
from tests.clock import Clock
from tests.fakes import FakeCaller
from tests.service.serving.rounds import most_pieces_in_a_round, note_calls

PLAIN = ReviewOptions(explain=False, sentences=False, version=None)
EVERYTHING = ReviewOptions(explain=True, sentences=True, version=None)
TEXT = "A good film. A bad end!"


def with_registry(work, bundles=None):
    """The result of `work(registry)`, awaited."""

    async def run():
        registry = fakes.registry([fakes.sentiment_bundle()] if bundles is None else bundles)
        try:
            return await work(registry)
        finally:
            await registry.retire()

    return asyncio.run(run())


def predict(text, options=PLAIN, caller=None, bundles=None):
    return with_registry(lambda registry: predict_one(registry, options, text, caller or FakeCaller()), bundles)


def predict_all(texts, options=PLAIN, caller=None, bundles=None):
    async def work(registry):
        return [each async for each in predict_many(registry, options, texts, caller or FakeCaller())]

    return with_registry(work, bundles)


def labels(answer):
    """The name of the class that an answer gives."""
    return answer.card.classes[answer.prediction.label]


def test_a_text_gets_its_prediction_and_nothing_that_was_not_asked_for():
    caller = FakeCaller()
    answer = predict("a good film", caller=caller)
    assert answer.prediction.probabilities == pytest.approx([0.02, 0.08, 0.9])
    assert (answer.explanation, answer.sentences) == (None, None)
    assert len(caller.times) == 1


def test_an_explanation_has_a_weight_for_every_word():
    answer = predict("a bad film", PLAIN._replace(explain=True))
    assert [(word.start, word.end) for word in answer.explanation] == [(0, 1), (2, 5), (6, 10)]
    assert [word.weight for word in answer.explanation] == pytest.approx([0, 3.66, 0], abs=0.01)


def test_each_sentence_is_predicted_as_a_text_of_its_own():
    answer = predict(TEXT, PLAIN._replace(sentences=True))
    assert [TEXT[sentence.start : sentence.end] for sentence in answer.sentences] == ["A good film.", "A bad end!"]
    assert [sentence.label for sentence in answer.sentences] == ["positive", "negative"]
    assert [sentence.confidence for sentence in answer.sentences] == pytest.approx([0.9, 0.9])


def test_a_text_that_cannot_be_read_is_refused():
    with pytest.raises(UnreadableText):
        predict(" ")


def test_a_network_without_weights_offers_no_explanation():
    bundles = [fakes.sentiment_bundle(fakes.sentiment_card(explanation_baseline=None))]
    with pytest.raises(NotOffered) as refusal:
        predict("good", PLAIN._replace(explain=True), bundles=bundles)
    assert [fault.pointer for fault in refusal.value.faults] == ["/explain"]
    with pytest.raises(NotOffered):
        predict_all(["good"], PLAIN._replace(explain=True), bundles=bundles)


def test_the_version_that_was_asked_for_answers():
    bundles = [fakes.sentiment_bundle(fakes.sentiment_card(version)) for version in ("1", "2")]
    assert predict("good", bundles=bundles).card.version == "2"
    assert predict("good", PLAIN._replace(version="1"), bundles=bundles).card.version == "1"
    with pytest.raises(UnknownModel):
        predict("good", PLAIN._replace(version="3"), bundles=bundles)


def test_texts_are_answered_in_order_and_a_bad_one_alone_is_refused():
    caller = FakeCaller()
    first, second, third, fourth = predict_all(["good", "  ", "bad", "x" * 20_001], caller=caller)
    assert [labels(answer) for answer in (first, third)] == ["positive", "negative"]
    assert isinstance(second, UnreadableText)
    assert isinstance(fourth, UnreadableText)
    assert "20001 characters; at most 20000" in str(fourth)
    assert len(caller.times) == 2


def test_a_text_on_which_the_model_fails_gets_its_error():
    def picky(*arrays):
        if any(b"fail" in text for text in arrays[0]):
            raise RuntimeError("secret detail")
        return fakes.good_words(*arrays)

    good, bad = predict_all(["good", "fail"], bundles=[fakes.sentiment_bundle(run=picky)])
    assert isinstance(good, ReviewAnswer)
    assert isinstance(bad, RuntimeError)


def test_many_texts_are_explained_and_split():
    """A text that cannot be read takes no sentences of another."""
    first, second, third = predict_all([TEXT, " ", "bad"], ReviewOptions(explain=True, sentences=True, version=None))
    assert [sentence.start for sentence in first.sentences] == [0, 13]
    assert isinstance(second, UnreadableText)
    assert [sentence.label for sentence in third.sentences] == ["negative"]
    assert [word.weight for word in third.explanation] == pytest.approx([3.66], abs=0.01)


def test_too_many_sentences_are_refused_before_they_are_predicted(monkeypatch):
    monkeypatch.setattr(reviews, "MAX_SENTENCES", 3)
    options = PLAIN._replace(sentences=True)
    assert len(predict_all([TEXT, "Good."], options)) == 2
    with pytest.raises(InvalidRequest, match="more than 3 sentences together") as refusal:
        predict_all([TEXT, TEXT], options)
    assert [fault.pointer for fault in refusal.value.faults] == ["/sentences"]


def test_no_texts_need_no_model_call():
    assert predict_all([]) == []


def test_a_text_may_be_anything_and_what_is_no_text_has_its_own_error():
    first, *others = predict_all(["good", 5, None, {"text": "good"}, ["good"], True])
    assert isinstance(first, ReviewAnswer)
    assert [str(error) for error in others] == ["the text must be a string"] * 5


def test_a_sentence_on_which_the_model_fails_is_an_error_of_its_text():
    def picky(*arrays):
        if b"A bad end!" in arrays[0].tolist():
            raise RuntimeError("secret detail")
        return fakes.good_words(*arrays)

    bad, good = predict_all(
        [TEXT, "Good."], PLAIN._replace(sentences=True), bundles=[fakes.sentiment_bundle(run=picky)]
    )
    assert isinstance(bad, RuntimeError)
    assert isinstance(good, ReviewAnswer)


# ---- turns and deadlines


def test_one_text_lets_others_have_their_turn_between_all_its_pieces(monkeypatch):
    """Its words, its explanation, each piece in which sentences are sought, and each sentence."""
    text = "A good film. " * 1500
    pieces = note_calls(monkeypatch, SentimentClassifier, "prepare", "attributions")
    note_calls(monkeypatch, sentences, "get_sentence_boundaries", pieces=pieces)

    async def work(registry):
        return await most_pieces_in_a_round(monkeypatch, pieces, predict_one(registry, EVERYTHING, text, FakeCaller()))

    most, answer = with_registry(work)
    assert len(answer.sentences) == 1000
    assert pieces.count("prepare") == 1001
    assert pieces.count("get_sentence_boundaries") > 9
    assert most == 1


def test_many_texts_let_others_have_their_turn_between_all_their_pieces(monkeypatch):
    pieces = note_calls(monkeypatch, SentimentClassifier, "prepare", "attributions")
    note_calls(monkeypatch, sentences, "get_sentence_boundaries", pieces=pieces)

    async def collect(registry):
        return [each async for each in predict_many(registry, EVERYTHING, [TEXT] * 20, FakeCaller())]

    most, answers = with_registry(lambda registry: most_pieces_in_a_round(monkeypatch, pieces, collect(registry)))
    assert len(answers) == 20
    assert {name: pieces.count(name) for name in ("prepare", "attributions")} == {"prepare": 60, "attributions": 20}
    assert most == 1


def late_from(monkeypatch, step, number):
    """Let the time be over in the step of this name, when it is done for the `number`th time. Returns the answers."""
    done = []
    original = getattr(SentimentClassifier, step)

    async def work(registry):
        clock = Clock(is_stopped=True)
        deadline = asyncio.get_running_loop().time() + 100

        def last(self, *arguments):
            done.append(step)
            if len(done) == number:
                clock.advance(1000)
            return original(self, *arguments)

        monkeypatch.setattr(SentimentClassifier, step, last)
        texts = [TEXT, "bad", "good", "film"]
        return [each async for each in predict_many(registry, EVERYTHING, texts, FakeCaller(deadline))]

    return with_registry(work)


def test_a_text_that_is_not_explained_in_time_is_late_alone(monkeypatch):
    first, second, third, fourth = late_from(monkeypatch, "attributions", 2)
    assert [len(each.explanation) for each in (first, second)] == [6, 1]
    assert isinstance(third, DeadlineExceeded)
    assert isinstance(fourth, DeadlineExceeded)


def test_texts_that_are_not_prepared_in_time_are_late(monkeypatch):
    """Half of the time is for preparing, so that what is prepared can be answered. Here all of it is over at once."""
    with pytest.raises(DeadlineExceeded):
        late_from(monkeypatch, "prepare", 5)


def test_what_is_prepared_in_half_of_the_time_is_answered(monkeypatch):
    async def work(registry):
        clock = Clock(is_stopped=True)
        deadline = asyncio.get_running_loop().time() + 100
        texts = ["good", "bad", "film"]
        original = SentimentClassifier.prepare

        def slow(self, text, explain):
            clock.advance(30)
            return original(self, text, explain)

        monkeypatch.setattr(SentimentClassifier, "prepare", slow)
        return [each async for each in predict_many(registry, PLAIN, texts, FakeCaller(deadline))]

    first, second, third = with_registry(work)
    assert [labels(answer) for answer in (first, second)] == ["positive", "negative"]
    assert isinstance(third, DeadlineExceeded)


def test_nothing_done_at_the_deadline_is_an_error_of_the_request():
    async def work(registry):
        late = FakeCaller(asyncio.get_running_loop().time() - 1)
        return [each async for each in predict_many(registry, PLAIN, ["good", " "], late)]

    with pytest.raises(DeadlineExceeded):
        with_registry(work)
