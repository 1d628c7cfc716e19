"""A text in, a calibrated prediction out: prepare one text, predict a batch of them."""

from array import array
from collections.abc import Sequence
from typing import Any, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from ..artifacts.bundle import Bundle
from ..artifacts.card import SentimentCard
from ..artifacts.tokenizer import SPELLING_BYTES, UNKNOWN, Encoding, spell, word_spans
from ..errors import ModelFault, UnreadableText
from ..interfaces import chunks
from .domain import Domain
from .judgement import Counts, Judge, Sentiment
from .language import count_words, is_word, kinds_of

MAX_CHARACTERS = 20_000  # of a text; callers check it
CHARACTERS_PER_TOKEN = 5  # roughly, to estimate the cost of a text that the network tokenizes
NO_TOKENS = array("i")
NO, YES = np.array(False), np.array(True)
# Texts per model call. More would hardly make a text cheaper, and the first caller would wait for the last.
TEXTS_PER_CALL = {"onnx": 16, "tensorflow": 32}

Items = TypeVar("Items", "array[int]", list[str], list[tuple[int, int]])


class Review(NamedTuple):
    """One text, checked; an item for `predict`.

    `tokens` are the numbers of those that the network reads, and `spellings` has SPELLING_BYTES for each unknown one. The
    network may tokenize the text itself: then there are none. `cost` is about the number of tokens. `explain` says whether
    the weights of the tokens are wanted.
    """

    text: str
    explain: bool
    cost: int
    tokens: "array[int]" = NO_TOKENS
    spellings: bytes = b""
    counts: Counts = Counts()


class TokenAttribution(NamedTuple):
    """What one word, text[start:end], speaks for the class that is named."""

    start: int
    end: int
    weight: float


class SentimentClassifier:
    """A model version that reads a text and gives the probability of each class.

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
        self._judge = Judge(self.card)
        self._kinds: npt.NDArray[np.uint8] | None = None  # of the vocabulary's tokens, where a language is told by them
        if self.card.language is not None and bundle.tokenizer is not None:
            self._kinds = kinds_of(self.card.language, bundle.tokenizer.vocabulary)
        self._domain: Domain | None = None
        if self.card.domain is not None and bundle.tokenizer is not None and bundle.domain is not None:
            if len(bundle.domain) != len(bundle.tokenizer.vocabulary):
                raise ValueError("the numbers of the domain are not those of the vocabulary")
            self._domain = Domain(self.card.domain, bundle.domain)

    def prepare(self, text: str, explain: bool = False) -> Review:
        """Check and tokenize one text. Raises UnreadableText if it is empty or has lone surrogates."""
        if not text or text.isspace():
            raise UnreadableText("the text is empty or white space; send some words", pointer="/text")
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise UnreadableText(
                f"the character at position {error.start} is half of a surrogate pair; send both halves",
                pointer="/text",
            ) from None
        if self._tokenize is None:
            return Review(text, explain, 1 + len(text) // CHARACTERS_PER_TOKEN)
        return self._encoded(text, explain, self._tokenize(text))

    def _encoded(self, text: str, explain: bool, encoding: Encoding) -> Review:
        tokens = self._truncate(encoding.numbers)
        numbers = np.frombuffer(tokens, np.int32)
        unknown: list[str] = []
        if positions := np.flatnonzero(numbers == UNKNOWN).tolist():
            words = self._truncate(encoding.words)
            unknown = [words[position] for position in positions]
        known, common = (0, 0) if self._kinds is None else count_words(self._kinds, numbers)
        unknown_words = sum(map(is_word, unknown))
        typicality = None if self._domain is None else self._domain.typicality(tokens)
        counts = Counts(len(encoding.words), len(unknown), known + unknown_words, unknown_words, common, typicality)
        return Review(text, explain, 1 + len(tokens), tokens, spell(unknown), counts)

    def _truncate(self, items: Items) -> Items:
        """The first and the last tokens of a text that is too long; or their words or places."""
        if len(items) <= self.card.max_tokens:
            return items
        head = self.card.head_tokens
        return items[:head] + items[head - self.card.max_tokens :]

    def make_batches(self, items: Sequence[Review]) -> list[list[int]]:
        """Texts of similar length share a call, the shortest first, so that there is little padding."""
        by_length = sorted(range(len(items)), key=lambda index: items[index].cost)
        return chunks(by_length, self._texts_per_call)

    def predict(self, batch: Sequence[Review]) -> list[Sentiment]:
        """Predict every text, in order. Raises ModelFault if the network gives what are no probabilities."""
        return self._predict_tokens(batch) if self._tokenize is not None else self._predict_texts(batch)

    def replay(self, request: dict[str, Any]) -> list[float]:
        """Answer one golden request through the serving path."""
        prediction = self.predict([self.prepare(**request)])[0]
        counts = [prediction.tokens_total, prediction.tokens_read, prediction.tokens_unknown]
        return [*prediction.probabilities, *counts]

    def _predict_texts(self, batch: Sequence[Review]) -> list[Sentiment]:
        outputs = self._network(np.array([review.text.encode() for review in batch], dtype=object))
        names = ["tokens_total", "tokens_unknown"]
        if self.card.language is not None:
            names += ["words_read", "words_unknown", "words_common"]
        columns = [outputs[name].ravel().tolist() for name in names]
        counts = [Counts(*row) for row in zip(*columns, strict=True)]
        return self._judge.judge(outputs, counts, [review.explain for review in batch])

    def _predict_tokens(self, batch: Sequence[Review]) -> list[Sentiment]:
        rows = [np.frombuffer(review.tokens, np.int32) for review in batch]
        lengths = np.array([len(row) for row in rows], np.int32)
        tokens = np.zeros((len(rows), max(1, int(lengths.max()))), np.int32)
        for index, row in enumerate(rows):
            tokens[index, : len(row)] = row
        spellings = np.frombuffer(b"".join([review.spellings for review in batch]), np.uint8).reshape(
            -1, SPELLING_BYTES
        )
        explained = [review.explain for review in batch]
        outputs = self._network(tokens, lengths, spellings, YES if any(explained) else NO)
        return self._judge.judge(outputs, [review.counts for review in batch], explained)

    def attributions(self, text: str, prediction: Sentiment) -> list[TokenAttribution]:
        """Return what each word that was read speaks for the class named: what it adds to the logit of this class, less the
        mean of what it adds to the others.

        With the card's `explanation_baseline`, compared likewise, they sum to the log of the class's probability less the mean
        log of the others. Raises ModelFault if the prediction has no weights.
        """
        if prediction.weights is None:
            raise ModelFault(f"model '{self.card.name}' gives no weights")
        spans = self._truncate(word_spans(text))
        return [
            TokenAttribution(start, end, weight)
            for (start, end), weight in zip(spans, prediction.weights, strict=False)
        ]
