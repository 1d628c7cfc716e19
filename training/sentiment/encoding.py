"""Texts as numbers: a vocabulary, token numbers, and the two ends of a long text. `splits` decides which texts."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from service.artifacts.tokenizer import PADDING, UNKNOWN_WORD, Tokenizer, split_words
from service.interfaces import Inputs, Labels, Tokens

MAX_TOKENS = 600
HEAD_TOKENS = 200
MIN_COUNT = 2  # of a word in a vocabulary

TrainingSet = tuple[list[Tokens], Inputs]  # texts, and for each the probability of the positive class to learn


@dataclass(frozen=True)
class EncodedSplit:
    """The texts of one split: as written, as token numbers, and truncated as the network reads them."""

    name: str
    texts: list[str]
    labels: Labels
    tokens: list[Tokens]
    truncated: list[Tokens]

    @property
    def targets(self) -> Inputs:
        """The labels as float32."""
        return self.labels.astype(np.float32)

    @property
    def training_set(self) -> TrainingSet:
        """The truncated texts with their labels as targets."""
        return self.truncated, self.targets


def vocabulary(texts: Iterable[str], size: int) -> list[str]:
    """Return padding, the unknown word, and the most frequent words; words of equal frequency are in alphabetical order."""
    counts = Counter(word for text in texts for word in split_words(text))
    frequent = sorted((word for word, count in counts.items() if count >= MIN_COUNT), key=lambda w: (-counts[w], w))
    return [PADDING, UNKNOWN_WORD, *frequent[: size - 2]]


def tokenize(texts: Iterable[str], tokenizer: Tokenizer) -> list[Tokens]:
    """Return the token numbers of each text."""
    return [np.frombuffer(tokenizer(text), np.int32) if text else np.zeros(0, np.int32) for text in texts]


def truncate_head_tail(tokens: Tokens, count: int, head: int) -> Tokens:
    """Return at most `count` tokens: the first `head`, and the last `count` − `head`."""
    return tokens if len(tokens) <= count else np.concatenate([tokens[:head], tokens[head - count :]])


def encode(name: str, texts: Sequence[str], labels: Labels | None, tokenizer: Tokenizer) -> EncodedSplit:
    """Encode the texts of one split. Without `labels`, all labels are zero."""
    tokens = tokenize(texts, tokenizer)
    labels = np.zeros(len(tokens), np.int64) if labels is None else labels
    truncated = [truncate_head_tail(text, MAX_TOKENS, HEAD_TOKENS) for text in tokens]
    return EncodedSplit(name, list(texts), labels, tokens, truncated)
