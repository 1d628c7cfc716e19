"""Texts for which a tokenizer, a sentence splitter or an explanation might need more than linear time."""

import json
from collections.abc import Callable
from functools import partial

from benchmarks.hostile.attack import Attack, Round
from benchmarks.hostile.requests import post
from benchmarks.hostile.sending import in_turn, together

LENGTH = 20_000  # characters that a text may have
BODY_BYTES = 1 << 20
ANSWERED = frozenset({200, 422})  # a text of white space or without a word is refused


def filled(*pieces: str) -> Callable[[], str]:
    """These pieces again and again, up to the longest text."""
    return lambda: ("".join(pieces) * (LENGTH // len("".join(pieces)) + 1))[:LENGTH]


TEXTS: dict[str, Callable[[], str]] = {
    "tag-spaces": lambda: "<" + " " * 19_990 + "1",
    "tag-starts": filled("<a"),
    "tag-ends": filled("</"),
    "tags-nested": filled("<a <b "),
    "less-than": filled("<"),
    "tag-slashes": lambda: "<br" + "/" * 19_990 + " good",
    "comments": filled("<!--"),
    "tag-attributes": filled("<a b='"),
    "entities": filled("&#x1f600;"),
    "ampersands": filled("&amp"),
    "apostrophes": filled("'"),
    "contractions": filled("n't'"),
    "full-stops": filled("."),
    "spaced-stops": filled(". "),
    "abbreviations": filled("Mr. "),
    "initials": filled("A."),
    "decimals": filled("1."),
    "ellipses": filled("… ", "... "),
    "exclamations": filled("?!"),
    "quotes": filled('"'),
    "curly-quotes": filled("“‘’”"),
    "brackets": filled("("),
    "bracket-pairs": filled("(a) [b] "),
    "newlines": filled("a\n"),
    "carriage-returns": filled("\r\n\r"),
    "spaces": lambda: "a" + " " * 19_998 + "b",
    "tabs": lambda: "a" + "\t\v\f\u00a0\u2003" * 3999 + "b",
    "combining-marks": lambda: "a" + "\u0301" * 19_999,
    "zalgo": filled("a\u0300\u0301\u0302\u0303\u0316\u0317 "),
    "zero-width": filled("a\u200b"),
    "joiners": filled("\u200d"),
    "right-to-left": filled("\u202eשלום "),
    "emoji-families": filled("👨‍👩‍👧‍👦"),
    "flags": filled("🇦"),
    "ligatures": filled("\ufdfa"),
    "dotted-i": filled("İ"),
    "hangul-parts": filled("\u1100\u1161\u11a8"),
    "thai": filled("สวัสดี"),
    "chinese": filled("好"),
    "letters-as-words": filled("a "),
    "one-long-word": filled("a"),
    "case-changes": filled("aB"),
    "digits": filled("1"),
    "hyphens": filled("a-"),
    "underscores": filled("_"),
    "addresses": filled("http://a.b/"),
    "mails": filled("a@b."),
    "controls": filled("\x00\x01\x1b"),
    "not-words": filled("no not never "),
    "distinct-words": lambda: " ".join(f"{number:x}q" for number in range(5000))[:LENGTH],
}


def explained(texts: list[str]) -> bytes:
    """A request for all that can be said of these texts."""
    return post("/sentiment/batch", {"texts": texts, "explain": True, "sentences": True})


def batch_of(*names: str) -> bytes:
    """As many texts of these sorts as a body holds."""
    texts: list[str] = []
    size = 100
    while len(texts) < 1000:
        text = TEXTS[names[len(texts) % len(names)]]()
        size += len(json.dumps(text)) + 2
        if size > BODY_BYTES:
            break
        texts.append(text)
    return explained(texts)


def single(make: Callable[[], str]) -> Round:
    return in_turn(post("/sentiment", {"text": make(), "explain": True, "sentences": True}))


def surrogates() -> Round:
    """Half characters, which JSON can write and UTF-8 cannot."""
    return in_turn(
        *(
            post("/sentiment", b'{"text": "%s", "explain": true}' % text)
            for text in (b"\\ud800" * 9000, b"\\udc00\\ud800 a " * 900)
        )
    )


def hurried() -> Round:
    """Four costly texts with a deadline of 100 ms."""
    body = {"text": TEXTS["tag-spaces"](), "explain": True, "sentences": True}
    return together(4, post("/sentiment", body, "X-Request-Timeout-Ms: 100"))


ATTACKS = (
    *(Attack(f"text-{name}", partial(single, make), ANSWERED) for name, make in TEXTS.items()),
    Attack("text-surrogates", surrogates, frozenset({200, 400, 422})),
    Attack("texts-with-100-ms", hurried, frozenset({200, 504})),
    Attack("batch-of-tags", lambda: in_turn(batch_of("tag-spaces", "tag-starts", "tag-ends")), frozenset({200})),
    Attack(
        "batch-of-abbreviations", lambda: in_turn(batch_of("abbreviations", "initials", "full-stops")), frozenset({200})
    ),
    Attack("batch-of-words", lambda: in_turn(batch_of("letters-as-words", "distinct-words")), frozenset({200})),
    Attack("batch-of-marks", lambda: in_turn(batch_of("combining-marks", "ligatures", "dotted-i")), frozenset({200})),
    Attack("batch-of-everything", lambda: in_turn(batch_of(*TEXTS)), frozenset({200})),
)
