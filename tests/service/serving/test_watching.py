"""When a change in the models directory is taken: a matter of looks and of time, without files."""

import pytest

from service.serving.listing import POLICY, Listing, Mark
from service.serving.versions import VersionName
from service.serving.watching import GONE_SECONDS, SETTLED_SECONDS, STILL_SECONDS, Watch

GRU1, GRU2, LSTM1, POLICY_OF_GRU = (
    VersionName("gru", "1"),
    VersionName("gru", "2"),
    VersionName("lstm", "1"),
    VersionName("gru", POLICY),
)
WHOLE, UNKNOWN, HALF = Mark("a", "a", True), Mark("a", "a", None), Mark("a", "a", False)
OTHER = Mark("b", "b", True)


def looks(watch, listings, seconds=1.0):
    """What each look takes, in order; looks are so many seconds apart."""
    taken = []
    for number, marks in enumerate(listings):
        change = watch.look(Listing(marks), 100 + number * seconds)
        if change is not None:
            watch.take(change)
        taken.append(sorted(change.taken) if change else [])
    return taken


def test_what_is_known_is_not_taken_again():
    assert looks(Watch({GRU1: WHOLE}), [{GRU1: WHOLE}] * 50) == [[]] * 50


def test_a_whole_version_is_taken_when_it_has_stood_still():
    """At two looks at least, and for two seconds."""
    listings = [{GRU1: WHOLE}, {GRU1: WHOLE, GRU2: UNKNOWN}, *[{GRU1: WHOLE, GRU2: WHOLE}] * 4]
    assert looks(Watch({GRU1: WHOLE}), listings) == [[], [], [], [GRU2], [], []]
    assert looks(Watch({GRU1: WHOLE}), listings, seconds=60) == [[], [], [GRU2], [], [], []]


def test_a_version_that_keeps_changing_is_never_taken():
    growing = [{GRU2: Mark("a", f"{number}", None)} for number in range(200)]
    assert looks(Watch({}), growing) == [[]] * 200


def test_a_half_version_is_reported_when_it_has_not_changed_for_long():
    taken = looks(Watch({}), [{GRU2: HALF}] * 60)
    assert [number for number, keys in enumerate(taken) if keys] == [STILL_SECONDS]


def test_what_is_gone_is_taken_when_it_has_been_away_for_long():
    taken = looks(Watch({GRU1: WHOLE, GRU2: WHOLE}), [{GRU1: WHOLE}] * 60)
    assert [(number, keys) for number, keys in enumerate(taken) if keys] == [(GONE_SECONDS, [GRU2])]


def test_what_is_away_for_a_moment_changes_nothing():
    listings = [*[{GRU1: WHOLE}] * 25, {GRU1: WHOLE, GRU2: WHOLE}, *[{GRU1: WHOLE}] * 25]
    assert looks(Watch({GRU1: WHOLE, GRU2: WHOLE}), listings) == [[]] * 51


def test_one_version_does_not_wait_for_another():
    """The reload leaves alone what is still written, and what may come back."""
    watch = Watch({LSTM1: WHOLE})
    for now in (100, 101):
        assert watch.look(Listing({GRU1: WHOLE, GRU2: HALF}), now) is None
    change = watch.look(Listing({GRU1: WHOLE, GRU2: HALF}), 102)
    assert change.taken == {GRU1: WHOLE}
    assert change.unsettled.versions == {GRU2, LSTM1}


def test_a_policy_stands_still_too_before_it_is_taken():
    """An editor may write it in pieces; without it for a moment, the policy stays."""
    other = Mark("", "b", True)
    listings = [{GRU1: WHOLE, POLICY_OF_GRU: mark} for mark in (Mark("", "a", True), *[other] * 4)]
    assert looks(Watch({GRU1: WHOLE}), listings) == [[], [], [], [POLICY_OF_GRU], []]
    watch = Watch({GRU1: WHOLE, POLICY_OF_GRU: other})
    change = [watch.look(Listing({GRU1: WHOLE, GRU2: OTHER}), now) for now in (100, 102)][-1]
    assert change.unsettled.policies == {"gru"}


def test_a_model_that_cannot_be_looked_into_is_not_gone():
    watch = Watch({GRU1: WHOLE, LSTM1: WHOLE})
    for now in range(100, 200):
        assert watch.look(Listing({LSTM1: WHOLE}, frozenset(["gru"])), now) is None


def test_a_directory_that_was_away_begins_anew():
    """What was seen before says nothing of how long something is gone."""
    watch = Watch({GRU1: WHOLE, GRU2: WHOLE})
    watch.look(Listing({GRU1: WHOLE}), 100)
    watch.forget()
    assert watch.look(Listing({GRU1: WHOLE}), 200) is None
    assert watch.look(Listing({GRU1: WHOLE}), 200 + GONE_SECONDS) is not None


def test_a_change_that_was_not_taken_is_offered_again():
    """The reload failed."""
    watch = Watch({})
    for now in (100, 101):
        watch.look(Listing({GRU1: WHOLE}), now)
    assert watch.look(Listing({GRU1: WHOLE}), 102) == watch.look(Listing({GRU1: WHOLE}), 103)


def test_the_same_content_in_another_place_is_no_change():
    """A checkout or a link that was flipped. Other content in the same place is one."""
    before, elsewhere = Mark("a", "a", True, "digest"), Mark("b", "b", True, "digest")
    assert looks(Watch({GRU1: before}), [{GRU1: elsewhere}] * 50) == [[]] * 50
    assert looks(Watch({GRU1: before}), [{GRU1: Mark("b", "b", True, "other")}] * 3)[2] == [GRU1]


@pytest.mark.parametrize("seconds", [0.5, 1.0, 5.0])
def test_a_version_changed_in_place_is_taken_like_a_new_one(seconds):
    taken = looks(Watch({GRU1: WHOLE}), [{GRU1: WHOLE}, *[{GRU1: OTHER}] * 10], seconds)
    (first,) = [number for number, keys in enumerate(taken) if keys]
    assert (first - 1) * seconds >= SETTLED_SECONDS
