"""Policies of models: policy.json and GATECAST_VERSIONS."""

import json

import pytest

from service.policies import NEWEST, Policy, PolicyFault, no_such_model, read_policy, read_setting


@pytest.mark.parametrize("policy", [NEWEST, Policy("2"), Policy("5", "6", 5.0), Policy("5", "6", 0.25)])
def test_a_policy_is_read_as_it_was_written(policy):
    assert read_policy(json.loads(policy.to_json())) == policy


def test_numbers_are_as_good_as_text():
    """People write versions without quotes."""
    assert read_policy({"policy": "canary", "version": 5, "canary": 6, "percent": 5}) == Policy("5", "6", 5.0)


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ([], "must be an object"),
        ({}, "lacks 'policy'"),
        ({"policy": "latest"}, "no known policy ('latest'); policies are newest, pinned and canary"),
        ({"policy": ["pinned"]}, "no known policy"),
        ({"policy": "pinned"}, "lacks 'version'"),
        ({"policy": "newest", "version": "2"}, "has the unknown key 'version'"),
        ({"policy": "pinned", "version": "02"}, "has '02' where a version is expected"),
        ({"policy": "pinned", "version": True}, "where a version is expected"),
        ({"policy": "pinned", "version": 2.0}, "where a version is expected"),
        ({"policy": "pinned", "version": None}, "where a version is expected"),
        ({"policy": "canary", "version": 5, "canary": None, "percent": 5}, "where a version is expected"),
        ({"policy": "canary", "version": 5, "canary": 6, "percent": 101}, "no number from 0 to 100"),
        ({"policy": "canary", "version": 5, "canary": 6, "percent": "5"}, "no number from 0 to 100"),
        ({"policy": "canary", "version": 5, "canary": 6, "percent": float("nan")}, "no number from 0 to 100"),
        ({"policy": "canary", "version": 5, "canary": 5, "percent": 5}, "the canary of itself"),
    ],
)
def test_a_policy_that_cannot_be_used_says_why(content, fault):
    with pytest.raises(PolicyFault) as refusal:
        read_policy(content)
    assert fault in str(refusal.value)


def test_the_setting_has_a_policy_for_each_model():
    setting = read_setting(["gru=2", "lstm = newest", "sentiment=5+6:5%", "air-line=1 + 2 : 0.5 %", "rnn=1+2:.5%"])
    assert setting == {
        "gru": Policy("2"),
        "lstm": NEWEST,
        "sentiment": Policy("5", "6", 5.0),
        "air-line": Policy("1", "2", 0.5),
        "rnn": Policy("1", "2", 0.5),
    }


@pytest.mark.parametrize(
    ("entries", "fault"),
    [
        (["gru"], "entry 1, 'gru', must be like gru=2"),
        (["gru=2", "GRU=2"], "entry 2: 'GRU' is not the name of a model"),
        (["gru=2", "gru=3"], "entry 2: 'gru' has a policy already"),
        (["gru=two"], "entry 1, 'gru=two', has 'two' where a version is expected"),
        (["gru=newest+3:5%"], "has a canary beside 'newest'"),
        (["gru=2+3:5"], "must be like"),
        (["gru=2+3:x%"], "no number from 0 to 100"),
        (["gru="], "must be like"),
        (["gru=2:5%"], "where a version is expected"),
        (["gru=2+3"], "must be like"),
        (["gru=2+:5%"], "has '' where a version is expected"),
        (["=2"], "entry 1: '' is not the name of a model"),
        (["gru=2=3"], "has '2=3' where a version is expected"),
        (["gru=2+3:1e999%"], "no number from 0 to 100"),
        (["gru=2+3:1_0%"], "no number from 0 to 100"),
        (["gru=2+3:٥%"], "no number from 0 to 100"),
        (["gru=2+3:nan%"], "no number from 0 to 100"),
        (["gru=2+2:5%"], "the canary of itself"),
    ],
)
def test_a_setting_that_cannot_be_used_says_which_entry_and_why(entries, fault):
    with pytest.raises(PolicyFault) as refusal:
        read_setting(entries)
    assert fault in str(refusal.value)


def test_a_name_that_no_model_has_is_told_with_the_nearest():
    assert no_such_model("grru", ["gru", "lstm"]).endswith("there is no such model; did you mean 'gru'?")
    assert no_such_model("tweets", ["gru", "lstm"]).endswith("there are gru, lstm")
