"""A proof that a regular expression scans any text in linear time.

Python's engine backtracks. A repeat without a limit costs more than linear time in two ways:

1. It gives characters back, and what follows is tried again on them. This costs nothing if what follows cannot begin with
   a character that the repeat takes: each try fails at once. A possessive repeat gives nothing back.
2. A search fails after a long repeat and is begun again in its middle. This cannot happen if the repeat takes no character
   that a match begins with, or if the search cannot fail any more when it comes to the repeat.

`find_superlinear` checks these sufficient conditions on the parsed pattern. Repeats of up to SMALL are a constant factor,
if together they stay below it. What the proof does not understand (references to groups, flags within the pattern) it
refuses.
"""

import re
import sys
from collections.abc import Sequence
from functools import cache
from re import _compiler, _constants, _parser  # type: ignore[attr-defined]
from typing import Any, NamedTuple

SMALL = 16
ALL_TEXT = "".join(map(chr, range(sys.maxunicode + 1)))
ALL_BYTES = bytes(range(256))
REPEATS = (_constants.MAX_REPEAT, _constants.MIN_REPEAT, _constants.POSSESSIVE_REPEAT)
ONE_CHARACTER = (_constants.LITERAL, _constants.NOT_LITERAL, _constants.ANY, _constants.IN)

Ranges = tuple[tuple[int, int], ...]  # characters, as spans of code points
Nodes = Sequence[tuple[Any, Any]]
NONE: Ranges = ()


class First(NamedTuple):
    """The characters that a match may begin with, and whether it may be empty."""

    characters: Ranges
    is_nullable: bool


class Proof:
    """What is wrong with one pattern. `anchored`: it is only matched from where a text begins."""

    def __init__(self, pattern: str | bytes, flags: int, anchored: bool) -> None:
        self._everything: Any = ALL_BYTES if isinstance(pattern, bytes) else ALL_TEXT
        self._parsed = _parser.parse(pattern, flags)
        self._flags = self._parsed.state.flags
        self._anchored = anchored or self._begins_at_the_start()
        self._first = self._first_of(list(self._parsed))
        self.faults: list[str] = []
        if self._first.is_nullable and not self._anchored and self._unlimited(list(self._parsed)):
            self.faults.append("it matches the empty text")
        factor = self._check(list(self._parsed), First(NONE, True), may_fail=False, within_repeat=False)
        if factor > SMALL:
            self.faults.append(f"its limited repeats are tried in {factor} ways")

    def _begins_at_the_start(self) -> bool:
        starts = {_constants.AT_BEGINNING_STRING}
        if not self._flags & re.MULTILINE:
            starts.add(_constants.AT_BEGINNING)
        return bool(len(self._parsed)) and self._parsed[0][0] is _constants.AT and self._parsed[0][1] in starts

    def _check(self, nodes: Nodes, after: First, may_fail: bool, within_repeat: bool) -> int:
        """Look at nodes that `after` follows; `may_fail`: so that the whole match may fail after these nodes.

        Returns in how many ways their limited repeats can be tried, at most.
        """
        factor = 1
        for index, (kind, value) in enumerate(nodes):
            rest = list(nodes[index + 1 :])
            follows = self._then(self._first_of(rest), after)
            # what may occur no times cannot fail
            may_fail_here = may_fail or not all(kind in REPEATS and value[0] == 0 for kind, value in rest)
            if kind in REPEATS:
                factor *= self._check_repeat(kind, value, follows, may_fail_here, within_repeat)
            elif kind is _constants.BRANCH:
                factor *= self._check_branch(value[1], follows, may_fail_here, within_repeat)
            elif kind is _constants.ATOMIC_GROUP:
                factor *= self._check(list(value), follows, may_fail_here, within_repeat)
            elif kind is _constants.SUBPATTERN and value[1:3] == (0, 0):
                factor *= self._check(list(value[3]), follows, may_fail_here, within_repeat)
            elif kind in (_constants.ASSERT, _constants.ASSERT_NOT):
                if self._unlimited(list(value[1])):
                    self.faults.append("what is looked at again and again has no limit")
            elif kind not in (*ONE_CHARACTER, _constants.AT):
                self.faults.append(f"{kind} is not understood")
        return factor

    def _check_repeat(self, kind: Any, value: Any, follows: First, may_fail: bool, within_repeat: bool) -> int:
        least, most, body = value
        body = list(body)
        first = self._first_of(body)
        is_unlimited = most > SMALL
        gives_back = kind is not _constants.POSSESSIVE_REPEAT
        if is_unlimited:
            if first.is_nullable:
                self.faults.append("an empty match is repeated")
            if gives_back and _overlap(first.characters, follows.characters):
                self.faults.append("a repeat takes what may follow it, and gives it back")
            if not self._anchored and may_fail and _overlap(self._taken(body), self._first.characters):
                self.faults.append("a repeat takes what a match begins with")
        elif within_repeat and least != most and gives_back and _overlap(first.characters, follows.characters):
            self.faults.append("within a repeat, an optional part takes what may follow it")
        again = self._then(First(first.characters, True), follows) if most > 1 else follows
        inner = self._check(body, again, may_fail, within_repeat or is_unlimited)
        if is_unlimited or not gives_back or not _overlap(first.characters, follows.characters):
            return inner
        return inner * int(most - least + 1)

    def _check_branch(self, branches: Sequence[Any], follows: First, may_fail: bool, within_repeat: bool) -> int:
        factor = 1
        seen = NONE
        for branch in branches:
            nodes = list(branch)
            first = self._then(self._first_of(nodes), follows).characters
            if _overlap(seen, first):
                factor += 1
                if within_repeat or self._unlimited(nodes):
                    self.faults.append("two alternatives begin alike")
            seen = _union(seen, first)
            factor *= self._check(nodes, follows, may_fail, within_repeat)
        return factor

    def _unlimited(self, nodes: Nodes) -> bool:
        """Whether there is a repeat without a limit."""
        for kind, value in nodes:
            if kind in REPEATS and value[1] > SMALL:
                return True
            if any(self._unlimited(list(inner)) for inner in _inner(kind, value)):
                return True
        return False

    def _taken(self, nodes: Nodes) -> Ranges:
        """All characters that nodes may take, anywhere."""
        taken = NONE
        for kind, value in nodes:
            own = self._ranges(kind, value) if kind in ONE_CHARACTER else NONE
            taken = _union(taken, own)
            for inner in _inner(kind, value):
                taken = _union(taken, self._taken(list(inner)))
        return taken

    def _first_of(self, nodes: Nodes) -> First:
        first = First(NONE, True)
        for kind, value in nodes:
            first = self._then(first, self._first_of_node(kind, value))
            if not first.is_nullable:
                break
        return first

    def _first_of_node(self, kind: Any, value: Any) -> First:
        if kind in ONE_CHARACTER:
            return First(self._ranges(kind, value), False)
        if kind in (_constants.AT, _constants.ASSERT, _constants.ASSERT_NOT):
            return First(NONE, True)
        firsts = [self._first_of(list(inner)) for inner in _inner(kind, value)]
        if not firsts:
            return First(((0, len(self._everything)),), True)  # not understood: anything
        characters = NONE
        for first in firsts:
            characters = _union(characters, first.characters)
        is_optional = kind in REPEATS and value[0] == 0
        return First(characters, is_optional or any(first.is_nullable for first in firsts))

    def _ranges(self, kind: Any, value: Any) -> Ranges:
        key = tuple(value) if isinstance(value, list) else value
        return _ranges_of(kind, key, self._flags, isinstance(self._everything, bytes))

    @staticmethod
    def _then(first: First, second: First) -> First:
        if not first.is_nullable:
            return first
        return First(_union(first.characters, second.characters), second.is_nullable)


@cache
def _ranges_of(kind: Any, value: Any, flags: int, is_bytes: bool) -> Ranges:
    """The characters of one node, found by asking the engine itself."""
    state = _parser.State()
    state.flags = flags
    node = (kind, list(value) if kind is _constants.IN else value)
    run = (_constants.MAX_REPEAT, (1, _constants.MAXREPEAT, _parser.SubPattern(state, [node])))
    compiled = _compiler.compile(_parser.SubPattern(state, [run]), flags)
    return tuple(match.span() for match in compiled.finditer(ALL_BYTES if is_bytes else ALL_TEXT))


def _inner(kind: Any, value: Any) -> Sequence[Any]:
    """The parts of a node that are sequences of nodes."""
    if kind in REPEATS:
        return [value[2]]
    if kind is _constants.SUBPATTERN:
        return [value[-1]]
    if kind is _constants.ATOMIC_GROUP:
        return [value]
    if kind is _constants.BRANCH:
        return list(value[1])
    return []


def _overlap(first: Ranges, second: Ranges) -> bool:
    return any(a < d and c < b for a, b in first for c, d in second) if len(first) * len(second) < 1_000_000 else True


def _union(first: Ranges, second: Ranges) -> Ranges:
    return tuple(sorted({*first, *second}))


def find_superlinear(pattern: str | bytes, flags: int = 0, anchored: bool = False) -> list[str]:
    """Return why a pattern is not proven to scan in linear time; an empty list if it is proven."""
    return Proof(pattern, int(re.compile(pattern, flags).flags), anchored).faults
