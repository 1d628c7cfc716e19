"""The cases of the checklist: how many there are of each kind, and that none contradicts another."""

from collections import Counter, defaultdict

from training.evaluation.checklist_cases import CASES
from training.evaluation.checklist_cases.case import CHANGED, KINDS, LABELLED

MIN_CASES, MIN_OF_CAPABILITY = 300, 6
MAX_CHARACTERS = 20_000  # of a request to the service


def kinds_by_capability():
    """Return capability → how many cases of each kind."""
    kinds: dict[str, Counter[str]] = defaultdict(Counter)
    for case in CASES:
        kinds[case.capability][case.kind] += 1
    return kinds


def test_there_are_enough_cases():
    """Every capability has some, and all kinds occur."""
    assert len(CASES) >= MIN_CASES
    assert {case.kind for case in CASES} == set(KINDS)
    assert {name for name, kinds in kinds_by_capability().items() if kinds.total() < MIN_OF_CAPABILITY} == set()


def test_no_text_is_labelled_twice():
    """Differences of case and white space do not make another text."""
    texts = Counter(" ".join(case.text.casefold().split()) for case in CASES if case.kind in LABELLED)
    assert [text for text, count in texts.items() if count > 1] == []


def test_no_change_is_tested_twice():
    """The two texts of a case differ, and no pair occurs again."""
    pairs = Counter((case.text, case.changed) for case in CASES if case.kind in CHANGED)
    assert [pair for pair, count in pairs.items() if count > 1 or pair[0] == pair[1]] == []


def test_two_texts_exactly_where_a_change_is_tested():
    """A labelled case has one text."""
    assert all(bool(case.changed) == (case.kind in CHANGED) for case in CASES)


def test_poles_are_balanced_in_every_capability():
    """A model that always gives the same answer gains nothing."""
    for name, kinds in kinds_by_capability().items():
        assert abs(kinds["positive"] - kinds["negative"]) <= 1, name
        assert abs(kinds["up"] - kinds["down"]) <= 1, name


def test_neutral_texts_are_a_share_of_the_labelled_ones():
    """Each of the three labels has at least a sixth of them."""
    kinds = Counter(case.kind for case in CASES if case.kind in LABELLED)
    assert all(kinds[label] * 6 >= kinds.total() for label in LABELLED)


def test_every_text_can_be_sent_to_the_service():
    """None is blank, or has more characters than a request may."""
    for case in CASES:
        for text in filter(None, (case.text, case.changed)):
            assert text.strip()
            assert len(text) <= MAX_CHARACTERS
