"""A text in, a calibrated prediction out: prepare one text, predict a batch of them."""

import math
from array import array
from collections.abc import Sequence
from itertools import repeat
from typing import Any, NamedTuple

import numpy as np

from service.artifacts.bundle import Bundle
from service.artifacts.card import SentimentCard
from service.artifacts.tokenizer import UNKNOWN, word_spans
from service.errors import ModelFault, UnreadableText
from service.interfaces import Inputs, Notice, chunks

CHARACTERS_PER_TOKEN = 5  # roughly, to estimate the cost of a text that the network tokenizes
NO_TOKENS = array("i")
# Texts per model call. More would hardly make a text cheaper, and the first caller would wait for the last.
TEXTS_PER_CALL = {"onnx": 16, "tensorflow": 32}


class Review(NamedTuple):
    """One text, checked; an item for `predict`.

    `tokens` are those that the network reads, of `total`; None if the network tokenizes the text. `cost` is about the
    number of tokens.
    """

    text: str
    tokens: "array[int] | None"
    total: int
    cost: int


class Sentiment(NamedTuple):
    """The calibrated probability of the positive class, and how much of the text was understood.

    `weights` (tokens,) are what each token adds to the log odds of the positive class; None if the network gives none.
    """

    positive: float
    tokens_total: int
    tokens_read: int
    tokens_unknown: int
    uncertain: bool
    warnings: list[Notice]
    weights: Inputs | None = None


class TokenAttribution(NamedTuple):
    """What one word, text[start:end], adds to the log odds of the positive class."""

    start: int
    end: int
    weight: float


class SentimentClassifier:
    """A model version that reads a text and gives the probability of the positive class.

    With TensorFlow the network tokenizes; the compiled network gets tokens from here.
    """

    def __init__(self, bundle: Bundle) -> None:
        if not isinstance(bundle.card, SentimentCard):
            raise TypeError("a sentiment classifier needs a sentiment card")
        self.card = bundle.card
        self.backend = bundle.backend
        self._network = bundle.network
        self._tokenize = bundle.tokenizer
        self._texts_per_call = TEXTS_PER_CALL[bundle.backend]

    def prepare(self, text: str) -> Review:
        """Check and tokenize one text. Raises UnreadableText if it is empty or has lone surrogates."""
        if not text or text.isspace():
            raise UnreadableText("the text is empty or white space; send a review", pointer="/text")
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise UnreadableText(
                f"the character at position {error.start} is half of a surrogate pair; send both halves",
                pointer="/text",
            ) from None
        if self._tokenize is None:
            return Review(text, None, 0, 1 + len(text) // CHARACTERS_PER_TOKEN)
        tokens = self._tokenize(text)
        truncated = self._truncate(tokens)
        return Review(text, truncated, len(tokens), 1 + len(truncated))

    def _truncate(self, tokens: Any) -> Any:
        """The first and the last tokens of a text that is too long."""
        if len(tokens) <= self.card.max_tokens:
            return tokens
        head = self.card.head_tokens
        return tokens[:head] + tokens[head - self.card.max_tokens :]

    def make_batches(self, items: Sequence[Review]) -> list[list[int]]:
        """Texts of similar length share a call, the shortest first, so that there is little padding."""
        by_length = sorted(range(len(items)), key=lambda index: items[index].cost)
        return chunks(by_length, self._texts_per_call)

    def predict(self, batch: Sequence[Review]) -> list[Sentiment]:
        """Predict every text, in order. Raises ModelFault if the network gives a number that is none."""
        return self._predict_tokens(batch) if self._tokenize is not None else self._predict_texts(batch)

    def replay(self, request: dict[str, Any]) -> list[float]:
        """Answer one golden request through the serving path."""
        prediction = self.predict([self.prepare(**request)])[0]
        return [prediction.positive, prediction.tokens_total, prediction.tokens_read, prediction.tokens_unknown]

    def _predict_texts(self, batch: Sequence[Review]) -> list[Sentiment]:
        outputs = self._network(np.array([review.text.encode() for review in batch], dtype=object))

        def column(name: str) -> list[Any]:
            return list(np.asarray(outputs[name]).reshape(len(batch)).tolist())

        zeros = [0] * len(batch)
        rows = zip(
            column("probability"),
            column("tokens_total"),
            column("tokens_unknown"),
            column("tokens_common") if self.card.language else zeros,
            outputs.get("weights", repeat(None)),
            strict=False,
        )
        return [self._prediction(*row) for row in rows]

    def _predict_tokens(self, batch: Sequence[Review]) -> list[Sentiment]:
        rows = [np.frombuffer(review.tokens or NO_TOKENS, np.int32) for review in batch]
        lengths = np.array([len(row) for row in rows], np.int32)
        tokens = np.zeros((len(rows), max(1, int(lengths.max()))), np.int32)
        for index, row in enumerate(rows):
            tokens[index, : len(row)] = row
        outputs = self._network(tokens, lengths)
        probabilities = outputs["probability"].reshape(len(batch)).tolist()
        unknown_counts = np.count_nonzero(tokens == UNKNOWN, axis=1).tolist()
        last_common = UNKNOWN + (self.card.language.common_words if self.card.language else 0)
        common_counts = np.count_nonzero((tokens > UNKNOWN) & (tokens <= last_common), axis=1).tolist()
        weights = outputs.get("weights", repeat(None))
        return [
            self._prediction(positive, review.total, unknown, common, row)
            for positive, review, unknown, common, row in zip(
                probabilities, batch, unknown_counts, common_counts, weights, strict=False
            )
        ]

    def attributions(self, text: str, prediction: Sentiment) -> list[TokenAttribution]:
        """Return what each word adds that was read; with the card's `explanation_baseline` they sum to the log odds.

        Raises ModelFault if the network gives no weights.
        """
        if prediction.weights is None:
            raise ModelFault(f"model '{self.card.name}' gives no weights")
        spans = self._truncate(word_spans(text))
        return [
            TokenAttribution(start, end, float(weight))
            for (start, end), weight in zip(spans, prediction.weights, strict=False)
        ]

    def _prediction(self, positive: float, total: int, unknown: int, common: int, weights: Inputs | None) -> Sentiment:
        """The prediction, with warnings by how many tokens were read, unknown, or among the commonest words."""
        if not math.isfinite(positive):
            raise ModelFault(f"model '{self.card.name}' gave a probability that is not a number")
        card = self.card
        read = min(total, card.max_tokens)
        warnings = []
        if total > read:
            head = f"the first {card.head_tokens} and " if card.head_tokens else ""
            detail = f"the text has {total} tokens; the model reads {head}the last {read - card.head_tokens}"
            warnings.append(Notice("truncated", detail))
        is_mostly_unknown = unknown > card.max_unknown_share * read or read == 0
        if is_mostly_unknown:
            counts = f"{unknown} of the {read} tokens read are not in the model's vocabulary"
            warnings.append(Notice("mostly_unknown_words", counts if read else "the text holds no words"))
        language = card.language
        is_foreign = (
            language is not None
            and read >= language.least_tokens
            and common < language.least_common * read
            and unknown >= language.most_unknown * read
        )
        if is_foreign:
            detail = f"of {read} tokens {common} are common English words and {unknown} unknown; the model knows English only"
            warnings.append(Notice("not_english", detail))
        confidence = max(positive, 1 - positive)
        is_uncertain = is_mostly_unknown or is_foreign or confidence < card.calibration.confidence_threshold
        return Sentiment(positive, total, read, unknown, is_uncertain, warnings, weights)
