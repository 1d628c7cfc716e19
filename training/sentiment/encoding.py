"""Texts as the network reads them: a vocabulary, token numbers, and the two ends of what is too long."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from service.artifacts.tokenizer import PADDING, UNKNOWN_WORD, Tokenizer, words
from service.interfaces import Labels, Tokens

MAX_TOKENS = 600
HEAD_TOKENS = 200
LEAST_COUNT = 2  # a word must stand so often to be in a vocabulary


@dataclass(frozen=True)
class EncodedSplit:
    """Texts of one split: as written, as all their token numbers, and those that the network reads."""

    name: str
    texts: list[str]
    labels: Labels
    tokens: list[Tokens]
    read: list[Tokens]

    @property
    def targets(self) -> npt.NDArray[np.float32]:
        return self.labels.astype(np.float32)


def vocabulary(texts: Iterable[str], size: int) -> list[str]:
    """Padding, the unknown word, and the commonest words, those of one frequency in their alphabet's order."""
    counts = Counter(word for text in texts for word in words(text))
    common = sorted((word for word, count in counts.items() if count >= LEAST_COUNT), key=lambda w: (-counts[w], w))
    return [PADDING, UNKNOWN_WORD, *common[: size - 2]]


def tokens(texts: Iterable[str], tokenise: Tokenizer) -> list[Tokens]:
    return [np.frombuffer(tokenise(text), np.int32) if text else np.zeros(0, np.int32) for text in texts]


def truncate_head_tail(found: Tokens, count: int, head: int) -> Tokens:
    """At most `count` tokens: the first `head`, and the last."""
    return found if len(found) <= count else np.concatenate([found[:head], found[head - count :]])


def encode(name: str, texts: Sequence[str], labels: Labels | None, tokenise: Tokenizer) -> EncodedSplit:
    """`labels` may be missing, and are zeros then."""
    found = tokens(texts, tokenise)
    known = np.zeros(len(found), np.int64) if labels is None else labels
    return EncodedSplit(
        name, list(texts), known, found, [truncate_head_tail(text, MAX_TOKENS, HEAD_TOKENS) for text in found]
    )
