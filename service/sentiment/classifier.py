"""A review in, a calibrated judgement out: prepare one text, judge a batch of them."""

import math
from array import array
from collections.abc import Sequence
from itertools import repeat
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from service.artifacts.bundle import Bundle
from service.artifacts.card import SentimentCard
from service.artifacts.tokenizer import UNKNOWN, spans
from service.errors import ModelFault, UnreadableText
from service.interfaces import Notice, chunks

CHARACTERS_PER_TOKEN = 5
NO_TOKENS = array("i")
# per model call; a larger batch is hardly faster for each review, but keeps the first waiting for the last
REVIEWS_PER_CALL = {"onnx": 16, "tensorflow": 32}


class Review(NamedTuple):
    """One text that can be encoded as UTF-8; `tokens`, where the service splits it, are those to be read."""

    text: str
    tokens: "array[int] | None"
    total: int
    cost: int


class Sentiment(NamedTuple):
    """A calibrated probability of the positive class, and how much of the text was understood."""

    positive: float
    tokens_total: int
    tokens_read: int
    tokens_unknown: int
    uncertain: bool
    warnings: list[Notice]
    weights: npt.NDArray[np.float32] | None = None


class TokenAttribution(NamedTuple):
    """What one word adds to the log odds of the positive class; it stands at `text[start:end]`."""

    start: int
    end: int
    weight: float


class SentimentClassifier:
    """Raw text in, the probability of the positive class out.

    Tokens are the network's business where TensorFlow runs it, and made here for the compiled one.
    """

    def __init__(self, bundle: Bundle) -> None:
        if not isinstance(bundle.card, SentimentCard):
            raise TypeError("a sentiment classifier needs a sentiment card")
        self.card = bundle.card
        self.backend = bundle.backend
        self._network = bundle.network
        self._tokenize = bundle.tokenizer
        self._per_call = REVIEWS_PER_CALL[bundle.backend]

    def prepare(self, text: str) -> Review:
        """Refuse a text that is empty or no Unicode text at all (lone surrogates)."""
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
        read = self._read(tokens)
        return Review(text, read, len(tokens), 1 + len(read))

    def _read(self, tokens: Any) -> Any:
        """The first and the last of a text that is too long."""
        if len(tokens) <= self.card.max_tokens:
            return tokens
        head = self.card.head_tokens
        return tokens[:head] + tokens[head - self.card.max_tokens :]

    def make_batches(self, items: Sequence[Review]) -> list[list[int]]:
        """Reviews of like length go together, the shortest first, so that little is padded."""
        by_length = sorted(range(len(items)), key=lambda place: items[place].cost)
        return chunks(by_length, self._per_call)

    def predict(self, batch: Sequence[Review]) -> list[Sentiment]:
        """A calibrated judgement of each review, in order."""
        return self._tokens_judged(batch) if self._tokenize is not None else self._texts_judged(batch)

    def replay(self, request: dict[str, Any]) -> list[float]:
        """Answer one golden request through the serving path."""
        result = self.predict([self.prepare(**request)])[0]
        return [result.positive, result.tokens_total, result.tokens_read, result.tokens_unknown]

    def _texts_judged(self, batch: Sequence[Review]) -> list[Sentiment]:
        outputs = self._network(np.array([review.text.encode() for review in batch], dtype=object))

        def column(name: str) -> list[Any]:
            return list(np.asarray(outputs[name]).reshape(len(batch)).tolist())

        none = [0] * len(batch)
        rows = zip(
            column("probability"),
            column("tokens_total"),
            column("tokens_unknown"),
            column("tokens_common") if self.card.language else none,
            outputs.get("weights", repeat(None)),
            strict=False,
        )
        return [self._judge(*row) for row in rows]

    def _tokens_judged(self, batch: Sequence[Review]) -> list[Sentiment]:
        rows = [np.frombuffer(review.tokens or NO_TOKENS, np.int32) for review in batch]
        lengths = np.array([len(row) for row in rows], np.int32)
        padded = np.zeros((len(rows), max(1, int(lengths.max()))), np.int32)
        for place, row in enumerate(rows):
            padded[place, : len(row)] = row
        outputs = self._network(padded, lengths)
        probabilities = outputs["probability"].reshape(len(batch)).tolist()
        unknown = np.count_nonzero(padded == UNKNOWN, axis=1).tolist()
        last_common = UNKNOWN + (self.card.language.common_words if self.card.language else 0)
        common = np.count_nonzero((padded > UNKNOWN) & (padded <= last_common), axis=1).tolist()
        weights = outputs.get("weights", repeat(None))
        return [
            self._judge(positive, review.total, missed, found, row)
            for positive, review, missed, found, row in zip(
                probabilities, batch, unknown, common, weights, strict=False
            )
        ]

    def attributions(self, text: str, found: Sentiment) -> list[TokenAttribution]:
        """What each word of `text` that was read adds; with the card's `explanation_baseline` they make up the log odds.

        Raises ModelFault where the network gives no such weights.
        """
        if found.weights is None:
            raise ModelFault(f"model '{self.card.name}' gives no weights")
        read = self._read(spans(text))
        return [
            TokenAttribution(start, end, float(weight))
            for (start, end), weight in zip(read, found.weights, strict=False)
        ]

    def _judge(
        self, positive: float, total: int, unknown: int, common: int, weights: npt.NDArray[np.float32] | None
    ) -> Sentiment:
        if not math.isfinite(positive):
            raise ModelFault(f"model '{self.card.name}' gave a probability that is not a number")
        card = self.card
        read = min(total, card.max_tokens)
        warnings = []
        if total > read:
            head = f"the first {card.head_tokens} and " if card.head_tokens else ""
            detail = f"the text has {total} tokens; the model reads {head}the last {read - card.head_tokens}"
            warnings.append(Notice("truncated", detail))
        mostly_unknown = unknown > card.max_unknown_share * read or read == 0
        if mostly_unknown:
            known = f"{unknown} of the {read} tokens read are not in the model's vocabulary"
            detail = known if read else "the text holds no words"
            warnings.append(Notice("mostly_unknown_words", detail))
        language = card.language
        foreign = (
            language is not None
            and read >= language.least_tokens
            and common < language.least_common * read
            and unknown >= language.most_unknown * read
        )
        if foreign:
            detail = f"of {read} tokens {common} are common English words and {unknown} unknown; the model knows English only"
            warnings.append(Notice("not_english", detail))
        confidence = max(positive, 1 - positive)
        uncertain = mostly_unknown or foreign or confidence < card.calibration.confidence_threshold
        return Sentiment(positive, total, read, unknown, uncertain, warnings, weights)
