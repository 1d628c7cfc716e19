"""Texts that are left out: equal to a test text or to another text, nearly so, or with labels that contradict each other."""

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from service.interfaces import Labels
from training.data.texts.reading import normalize

BEGINNING = 60  # characters; texts that share them are copies, perhaps edited


class Filter:
    """Remembers all texts so far, and counts why others are left out. Texts that differ in case or white space are equal."""

    def __init__(self, test: Iterable[str]) -> None:
        self._test = {normalize(text) for text in test}
        self._test_beginnings = beginnings(self._test)
        self._seen: set[str] = set()
        self._counts: Counter[str] = Counter()

    def keep(self, texts: Sequence[str], labels: Labels | None = None) -> Labels:
        """Return the rows to keep, and remember their texts."""
        keys = [normalize(text) for text in texts]
        contradictory = set() if labels is None else _contradictory(keys, labels)
        rows = []
        for row, key in enumerate(keys):
            fault = self._fault(key, contradictory)
            self._counts[fault] += 1
            if not fault:
                rows.append(row)
            self._seen.add(key)
        return np.array(rows, np.int64)

    def _fault(self, key: str, contradictory: set[str]) -> str:
        """Why a text is left out, or "" if it is kept."""
        if key in self._test:
            return "equal a test text"
        if key[:BEGINNING] in self._test_beginnings:
            return "begin like a test text"
        if key in self._seen:
            return "equal another text"
        return "stand under several labels" if key in contradictory else ""

    def without_copies(self, texts: Sequence[str], validation: Iterable[str]) -> Labels:
        """Return the rows of training texts that do not begin like a validation text."""
        excluded = beginnings(normalize(text) for text in validation)
        rows = [row for row, text in enumerate(texts) if normalize(text)[:BEGINNING] not in excluded]
        self._counts["begin like a validation text"] += len(texts) - len(rows)
        return np.array(rows, np.int64)

    def audit(self) -> list[str]:
        """Say how many texts were left out, and why."""
        return [f"{count:,} texts left out, which {fault}" for fault, count in self._counts.items() if fault and count]


def beginnings(keys: Iterable[str]) -> set[str]:
    """Return the first characters of the texts that are long enough to be told by them."""
    return {key[:BEGINNING] for key in keys if len(key) >= BEGINNING}


def _contradictory(keys: Sequence[str], labels: Labels) -> set[str]:
    found: dict[str, int] = {}
    return {key for key, label in zip(keys, labels.tolist(), strict=True) if found.setdefault(key, label) != label}
