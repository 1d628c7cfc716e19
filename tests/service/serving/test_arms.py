"""Who answers requests that name no version: policies over loaded versions, and the choice by a request's id."""

import math

import pytest

from service.policies import NEWEST, Policy, PolicyFault
from service.serving.arms import Arms, arms_of, is_chosen

IDS = [f"request-{number}" for number in range(10_000)]


def test_a_policy_says_who_answers():
    assert arms_of(NEWEST, [9, 10]) == (Arms(10), "")
    assert arms_of(Policy("9"), [9, 10]) == (Arms(9), "")
    assert arms_of(Policy("9", "10", 5.0), [9, 10]) == (Arms(9, 10, 5.0), "")


def test_a_version_that_is_to_answer_must_be_loaded():
    for policy in (Policy("8"), Policy("8", "9", 5.0)):
        with pytest.raises(PolicyFault, match="wants version 8 to answer, which is not loaded; loaded are '9', '10'"):
            arms_of(policy, [9, 10])


def test_a_canary_that_is_not_loaded_gets_nothing():
    """The stable version answers everything, and a warning says so."""
    arms, warning = arms_of(Policy("9", "11", 5.0), [9, 10])
    assert arms == Arms(9)
    assert "version 11 as the canary, which is not loaded; version 9 answers all requests" in warning


def test_shares_add_up():
    arms = Arms(9, 10, 5.0)
    assert [arms.share_of(version) for version in (8, 9, 10)] == [0.0, 0.95, 0.05]
    assert [Arms(9).share_of(version) for version in (9, 10)] == [1.0, 0.0]
    assert [arms.part_of(version) for version in (8, 9, 10)] == [("", 0.0), ("stable", 0.0), ("canary", 5.0)]


@pytest.mark.parametrize("percent", [0.1, 1, 5, 50, 95])
def test_the_share_of_ten_thousand_ids_is_that_of_a_fair_coin(percent):
    """Within five standard deviations."""
    chosen = sum(is_chosen("gru", request_id, percent) for request_id in IDS)
    share = percent / 100
    assert abs(chosen - 10_000 * share) <= 5 * math.sqrt(10_000 * share * (1 - share))


def test_nobody_is_among_0_percent_and_everybody_among_100():
    assert not any(is_chosen("gru", request_id, 0) for request_id in IDS)
    assert all(is_chosen("gru", request_id, 100) for request_id in IDS)


def test_a_larger_share_keeps_those_that_were_chosen():
    """A canary can grow, and nobody is sent back."""
    few = {request_id for request_id in IDS if is_chosen("gru", request_id, 5)}
    more = {request_id for request_id in IDS if is_chosen("gru", request_id, 10)}
    assert few < more


def test_canaries_of_two_models_choose_apart():
    """Of those chosen by one, the other chooses no more than of all."""
    chosen = [request_id for request_id in IDS if is_chosen("gru", request_id, 50)]
    both = sum(is_chosen("lstm", request_id, 50) for request_id in chosen)
    assert abs(both / len(chosen) - 0.5) < 0.04


def test_the_choice_never_changes():
    """It is the same in every process and every release: caches and sessions of callers go by it."""
    assert [number for number in range(40) if is_chosen("gru", f"{number}", 10)] == CHOSEN


CHOSEN = [2, 20, 29, 32]
