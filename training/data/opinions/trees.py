"""Trees of phrases, and words as a text again."""

import re
from collections.abc import Iterator, Sequence

NODE = re.compile(r"\((\d) ?|\)|([^\s()]+)")
BRACKETS = {"-LRB-": "(", "-RRB-": ")", "-LSB-": "[", "-RSB-": "]", "-LCB-": "{", "-RCB-": "}", "``": '"', "''": '"'}
JOINED = (
    (re.compile(r" n't\b"), "n't"),
    (re.compile(r"(\w) ?' ?(s|t|re|ve|ll|d|m)\b", re.IGNORECASE), r"\1'\2"),
    (re.compile(r" ([,.;:!?%)\]}])"), r"\1"),
    (re.compile(r"([(\[{$]) "), r"\1"),
    (re.compile(r" \u00b7 "), "-"),
)


def subtrees(line: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the level and the words of every phrase of a tree, the whole of it last. Raises ValueError if it is no tree."""
    opened: list[tuple[int, list[str]]] = []
    whole = None
    for match in NODE.finditer(line.strip()):
        if whole is not None or (not opened and match[1] is None):
            raise ValueError(f"no tree: {line[:80]}")
        if match[1] is not None:
            opened.append((int(match[1]), []))
        elif match[2] is not None:
            opened[-1][1].append(match[2])
        else:
            level, words = opened.pop()
            yield level, words
            if opened:
                opened[-1][1].extend(words)
            else:
                whole = words
    if whole is None:
        raise ValueError(f"no tree: {line[:80]}")


def detokenize(words: Sequence[str]) -> str:
    """Join words as they would be written: "It does n't work ." → "It doesn't work."."""
    text = " ".join(BRACKETS.get(word, word) for word in words).replace("\\/", "/")
    for pattern, joined in JOINED:
        text = pattern.sub(joined, text)
    return text
