"""How a text is rewritten before it is split into words: lists of rules, for Python here and for RE2 in a SavedModel.

A rule replaces each match of a regular expression, from left to right, in the order of `RULES`. Python and RE2 must read a
pattern alike, so patterns have no look-around, no `\\s`, `\\d`, `\\w` and `\\b`, and no greedy part that could be matched from
many starts: the time is linear in the text. A property test compares the two.
"""

import re
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np

from ..interfaces import Labels

STOP, SHOUT, ASK, ELLIPSIS = "\u3002", "\uff01", "\uff1f", "\u2026"  # how ".", "!", "?" and "..." are written as words
SENTENCE_ENDS = (STOP, SHOUT, ASK)
SPACE = " \t\n\f\r"

ELEMENTS = (
    "a|abbr|address|article|aside|audio|b|big|blockquote|body|br|button|caption|center|cite|code|col|colgroup|dd|del|details|"
    "div|dl|dt|em|embed|figcaption|figure|font|footer|form|h[1-6]|head|header|hr|html|i|iframe|img|input|ins|kbd|label|legend|"
    "li|link|main|mark|meta|nav|object|ol|option|p|pre|q|s|samp|script|section|select|small|source|span|strike|strong|style|"
    "sub|summary|sup|svg|table|tbody|td|textarea|tfoot|th|thead|time|title|tr|tt|u|ul|var|video|wbr"
)
LETTERS = {  # base letter → its accented forms; those of Cyrillic that have a decomposed form too
    "a": "ÀÁÂÃÄÅàáâãäåĀāĂăĄąǍǎ", "c": "ÇçĆćĈĉĊċČč", "d": "ĎďĐđ", "e": "ÈÉÊËèéêëĒēĔĕĖėĘęĚě", "g": "ĜĝĞğĠġĢģ", "h": "ĤĥĦħ",
    "i": "ÌÍÎÏìíîïĨĩĪīĬĭĮįİı", "j": "Ĵĵ", "k": "Ķķ", "l": "ĹĺĻļĽľŁł", "n": "ÑñŃńŅņŇň", "o": "ÒÓÔÕÖØòóôõöøŌōŎŏŐő",
    "r": "ŔŕŖŗŘř", "s": "ŚśŜŝŞşŠšȘș", "t": "ŢţŤťȚț", "u": "ÙÚÛÜùúûüŨũŪūŬŭŮůŰűŲų", "w": "Ŵŵ", "y": "ÝýÿŶŷŸ", "z": "ŹźŻżŽž",
    "ss": "ß", "ae": "Ææ", "oe": "Œœ", "и": "Йй", "е": "Ёё",
}  # fmt: skip
MOJIBAKE = {  # second character, after "Ã", of an accented letter that was read as Windows-1252 → base letter
    "a": "\u00a0-\u00a5", "c": "\u00a7", "e": "\u00a8-\u00ab", "i": "\u00ac\u00ad\u00ae\u00af", "n": "\u00b1",
    "o": "\u00b2-\u00b6\u00b8", "u": "\u00b9-\u00bc",
}  # fmt: skip
EMOJI = "\u2190-\u21ff\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001f3fa\U0001f400-\U0001faff"


class Rule(NamedTuple):
    """A pattern in the syntax that RE2 and Python share, and its replacement; a group is written as `\\1`.

    The rule can only match a text that has one of `needs`; without any it is always tried.
    """

    pattern: str
    replacement: str
    needs: tuple[str, ...] = ()


# Soft hyphens, characters without width, combining marks, and what chooses the form or the colour of an emoji.
DELETED = "\u00ad\u200b-\u200f\u2060\ufeff\ufe00-\ufe0f\u0300-\u036f\U0001f3fb-\U0001f3ff"
APOSTROPHES = "\u2018\u2019\u201b\u2032\u02bc\u00b4\uff07"
MARKS = f"{EMOJI}{STOP}{SHOUT}{ASK}{ELLIPSIS}"  # each is a word

MOJIBAKE_RULES = (  # UTF-8 that was read as Windows-1252
    Rule("â€[™˜]", "'", ("â€",)),
    Rule("â€¦", ELLIPSIS, ("â€",)),
    Rule("â€[œ“”\x93\x94\x9d]?", " ", ("â€",)),
    *(Rule(f"Ã[{second}]", letter, ("Ã",)) for letter, second in MOJIBAKE.items()),
    Rule("Â([\u00a0-\u00bf])", "\\1", ("Â",)),
)
CHARACTER_RULES = (  # no character is in two of them, so that one table can replace them
    Rule(f"[{DELETED}]", ""),
    Rule(f"[{APOSTROPHES}]", "'"),
    *(Rule(f"[{accented}]", letter) for letter, accented in LETTERS.items()),
    Rule(f"([{MARKS}])", " \\1 "),
)
MARKUP_RULES = (
    Rule("`", "'", ("`",)),
    Rule("&amp;", "&", ("&",)),
    Rule("&(?:#0{0,4}39|#x0{0,4}27|apos|[lr]squo|#821[67]);", "'", ("&",)),
    Rule("&lt;", "<", ("&",)),
    Rule("&gt;", ">", ("&",)),
    Rule("&hellip;", f" {ELLIPSIS} ", ("&",)),
    Rule("&([a-z])(?:acute|grave|circ|uml|tilde|cedil|ring|slash|caron);", "\\1", ("&",)),
    Rule("&#?[a-z0-9]{2,10};", " ", ("&",)),
    Rule(f"</?(?:{ELEMENTS})(?:[{SPACE}/][^<>]*)?>", " ", ("<",)),
    Rule("<![^<>]*>", " ", ("<!",)),
    Rule(f"(?:https?://|www\\.)[^{SPACE}<>]+", " url ", ("http", "www.")),
    Rule("@[a-z0-9_]+", " usermention ", ("@",)),
    Rule("</+3+", " 💔 ", ("</",)),
    Rule("<3+", " ❤ ", ("<3",)),
    Rule("\\^_*\\^", " 😊 ", ("^",)),
    Rule("-_+-", " 😑 ", ("_-",)),
    Rule(f"(^|[{SPACE}])[;t]_+[;t]($|[{SPACE}.,!?])", "\\1 😢 \\2", (";_", "t_")),
)
RATING_RULES = (  # of a hundred is written as of ten
    Rule("(^|[^0-9/.,])100[ ]?(?:/|out of)[ ]?100($|[^0-9/])", "\\1 10outof10 \\2"),
    Rule("(^|[^0-9/.,])([0-9])[0-9](?:[.,][0-9]{1,2})?[ ]?(?:/|out of)[ ]?100($|[^0-9/])", "\\1 \\2outof10 \\3"),
    Rule("(^|[^0-9/.,])([0-9]|10)(?:[.,][0-9]{1,2})?[ ]?(?:/|out of)[ ]?(5|10)($|[^0-9/])", "\\1 \\2outof\\3 \\4"),
)
EMOTICON_RULES = (  # emoticons become emoji
    Rule("[:=]'-?[)\\]]+", " 😂 "),
    Rule("[:=]'-?[(\\[]+", " 😢 "),
    Rule(";[-']?[)\\]]+", " 😉 "),
    Rule("[:=][-o^]?[)\\]}]+", " 🙂 "),
    Rule("[:=][-o^]?[(\\[{]+", " 🙁 "),
    Rule("[(][-o]?[:=]", " 🙂 "),
    Rule("[)][-o]?[:=]", " 🙁 "),
    Rule(f"(^|[{SPACE}])[:=;]-?d+($|[{SPACE}.,!?])", "\\1 😀 \\2"),
    Rule(f"(^|[{SPACE}])[:=;]-?p+($|[{SPACE}.,!?])", "\\1 😛 \\2"),
    Rule(f"(^|[{SPACE}])[:=]-?[/\\\\|]+($|[{SPACE}.,!?])", "\\1 😕 \\2"),
    Rule(f"(^|[{SPACE}])[:;]-?\\*+", "\\1 😘 "),
)
LETTER_RULES = tuple(Rule(f"{letter * 3}+", letter * 2, (letter * 3,)) for letter in "abcdefghijklmnopqrstuvwxyz")
MARK_RULES = (
    Rule("\\.\\.+", f" {ELLIPSIS} ", ("..",)),
    Rule("!+", f" {SHOUT} ", ("!",)),
    Rule("\\?+", f" {ASK} ", ("?",)),
    Rule(f"\\.([{SPACE}\"')\\]]|$)", f" {STOP} ", (".",)),
)
SEPARATORS = Rule(
    "[\\x00-\\x26\\x28-\\x2f\\x3a-\\x60\\x7b-\\x7f\x80-\xbf\u1680\u2000-\u2025\u2027-\u206f\u3000\u3001\u3003-\u303f]",
    " ",
)
RULES = (
    *MOJIBAKE_RULES,
    *CHARACTER_RULES,
    *MARKUP_RULES,
    *RATING_RULES,
    *EMOTICON_RULES,
    *LETTER_RULES,
    *MARK_RULES,
    SEPARATORS,
)

# ASCII characters that separate words: all but letters, digits and the apostrophe.
ASCII_SEPARATORS = bytes(b if b >= 0x80 or chr(b).isalnum() or b == ord("'") else ord(" ") for b in range(256))
# What a text must have, if any rule of the group can match. One search is faster than one a rule.
_OF_MARKUP = ("<", "&", "@", "`", "^", "_", "http", "www.")
_HAS_RATING = re.compile("[0-9][ ]?(?:/|out of)[ ]?(?:5|10)")
_HAS_EMOTICON = re.compile("[:;=]['^o-]?-?[)(\\]\\[}{dp/\\\\|*]")
_HAS_MIRRORED = re.compile("[()][-o]?[:=]")


def _is_wide(text: str) -> bool:
    return not text.isascii()


def _has_markup(text: str) -> bool:
    """Whether one of the rules for markup may match: in most texts none does, and one look is faster than one a rule."""
    return any(map(text.__contains__, _OF_MARKUP))


def _has_rating(text: str) -> bool:
    return ("/" in text or "out of" in text) and _HAS_RATING.search(text) is not None


def _has_emoticon(text: str) -> bool:
    if not (":" in text or "=" in text or ";" in text):
        return False
    return _HAS_EMOTICON.search(text) is not None or _HAS_MIRRORED.search(text) is not None


def _has_triple(text: str) -> bool:
    """Whether some ASCII letter stands three times in a row."""
    codes = np.frombuffer(text.encode(), np.uint8)
    first = codes[:-2]
    return bool(((first == codes[1:-1]) & (first == codes[2:]) & (first >= ord("a")) & (first <= ord("z"))).any())


def _compiled(rules: tuple[Rule, ...]) -> "list[tuple[re.Pattern[str], Rule]]":
    """The patterns for Python, where `$` would also match before a last line break."""
    return [(re.compile(rule.pattern.replace("$", "\\Z")), rule) for rule in rules]


def _characters(ranges: str) -> list[str]:
    """The characters of a character class, such as "a-cx"."""
    characters: list[str] = []
    position = 0
    while position < len(ranges):
        if ranges[position + 1 : position + 2] == "-":
            characters += map(chr, range(ord(ranges[position]), ord(ranges[position + 2]) + 1))
            position += 3
        else:
            characters.append(ranges[position])
            position += 1
    return characters


_TABLE = {ord(c): rule.replacement for rule in CHARACTER_RULES[:-1] for c in _characters(rule.pattern[1:-1])} | {
    ord(c): f" {c} " for c in _characters(MARKS)
}

Group = tuple[Callable[[str], bool] | None, "list[tuple[re.Pattern[str], Rule]]"]  # without a function, always tried
GROUPS: tuple[Group, ...] = (
    (_has_markup, _compiled(MARKUP_RULES)),
    (_has_rating, _compiled(RATING_RULES)),
    (_has_emoticon, _compiled(EMOTICON_RULES)),
    (_has_triple, _compiled(LETTER_RULES)),
    (None, _compiled(MARK_RULES)),
)
_MOJIBAKE = _compiled(MOJIBAKE_RULES)
_SEPARATORS = re.compile(SEPARATORS.pattern)


def lower(text: str) -> str:
    """Lower ASCII letters only, so that another implementation can give the same text. Raises UnicodeEncodeError."""
    return text.encode().lower().decode()


def standardize(text: str) -> str:
    """Return the text in lower case with words apart by spaces; apostrophes are still at the ends of some words.

    Raises UnicodeEncodeError for lone surrogates.
    """
    is_wide, text = _is_wide(text), lower(text)
    if is_wide:
        text = _apply(_MOJIBAKE, text).translate(_TABLE)
    for applies, rules in GROUPS:
        if applies is None or applies(text):
            text = _apply(rules, text)
    text = text.encode().translate(ASCII_SEPARATORS).decode()
    return _SEPARATORS.sub(" ", text) if is_wide else text


def _apply(rules: "list[tuple[re.Pattern[str], Rule]]", text: str) -> str:
    for pattern, rule in rules:
        if _may_match(rule, text):
            text = pattern.sub(rule.replacement, text)
    return text


def _may_match(rule: Rule, text: str) -> bool:
    return not rule.needs or any(need in text for need in rule.needs)


class Traced(NamedTuple):
    """A rewritten text, and for each of its characters the part of the original, starts[i]:ends[i], that it came from."""

    text: str
    starts: Labels
    ends: Labels


def standardize_traced(text: str) -> Traced:
    """Return `standardize(text)` with the origin of each character: itself, or all that a rule replaced."""
    numbers = np.arange(len(text) + 1)
    traced = Traced(lower(text), numbers[:-1], numbers[1:])
    if _is_wide(text):
        traced = _translate(_apply_traced(_MOJIBAKE, traced))
    for applies, rules in GROUPS:
        if applies is None or applies(traced.text):
            traced = _apply_traced(rules, traced)
    return traced._replace(text=_SEPARATORS.sub(" ", traced.text))


def _apply_traced(rules: "list[tuple[re.Pattern[str], Rule]]", traced: Traced) -> Traced:
    for pattern, rule in rules:
        if _may_match(rule, traced.text):
            traced = _substitute(traced, pattern, rule.replacement)
    return traced


def _translate(traced: Traced) -> Traced:
    """Replace characters by the table."""
    sizes = [len(_TABLE.get(ord(character), character)) for character in traced.text]
    return Traced(traced.text.translate(_TABLE), np.repeat(traced.starts, sizes), np.repeat(traced.ends, sizes))


def _substitute(traced: Traced, pattern: "re.Pattern[str]", replacement: str) -> Traced:
    """Replace every match. What stands for groups at both ends of a match comes from these groups, the rest from between."""
    lead, literals, groups, tail = _parts(replacement)
    found = [
        (
            match.end(lead) if lead else match.start(),
            match.start(tail) if tail else match.end(),
            literals + sum(match.end(group) - match.start(group) for group in groups),
        )
        for match in pattern.finditer(traced.text)
    ]
    if not found:
        return traced
    begins, ends, sizes = np.array(found).T
    change = np.zeros(len(traced.text) + 1, np.int64)
    np.add.at(change, begins, 1)
    np.add.at(change, ends, -1)
    kept = (np.cumsum(change[:-1]) == 0).astype(np.int64)
    at_start, at_end = kept.copy(), kept
    at_start[begins] = sizes
    at_end[ends - 1] = sizes
    text = pattern.sub(replacement, traced.text)
    return Traced(text, np.repeat(traced.starts, at_start), np.repeat(traced.ends, at_end))


@cache
def _parts(replacement: str) -> tuple[int, int, tuple[int, ...], int]:
    """The group at the beginning of a replacement or 0, literal characters and groups between, and the group at the end or 0."""
    lead = 1 if replacement.startswith("\\1 ") else 0
    tail = int(replacement[-1]) if lead and replacement[-2:-1] == "\\" else 0
    literals = re.split(r"\\(\d)", replacement[2 if lead else 0 : -2 if tail else None])
    return lead, sum(map(len, literals[::2])), tuple(map(int, literals[1::2])), tail
