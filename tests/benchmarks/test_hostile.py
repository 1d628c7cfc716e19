"""What the command chooses, and when it calls an attack harmful."""

import re

import pytest

from benchmarks.hostile.__main__ import choose, parse_options
from benchmarks.hostile.attack import Attack
from benchmarks.hostile.attacks import ATTACKS, KINDS, find
from benchmarks.hostile.outcome import Outcome, is_only_late, judge
from benchmarks.hostile.report import line, summary
from benchmarks.hostile.sending import in_turn

ATTACK = Attack("a", in_turn)
CALM = {"requests": 40, "p50": 1.0, "p99": 49.0, "worst": 249.0, "others": {}}


def outcome(**changes):
    values = {
        "bystander": {"/livez": CALM, "/forecast": CALM},
        "before_mb": 200.0,
        "peak_mb": 900.0,
        "after_mb": 219.0,
        "counts": {"200": 3, "431": 2, "closed": 2, "reset": 1},
        "metrics_growth": 500,
    }
    return Outcome("a", "kind", **(values | changes))


def test_an_attack_that_harms_nobody_misses_no_goal():
    assert judge(outcome(), ATTACK) == []


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"alive": False}, "the service ended, or answers no new caller"),
        ({"after_mb": 250.0}, "memory +25%"),
        ({"peak_mb": 3000.0}, "peak 3,000 MB"),
        ({"metrics_growth": 100_000}, "/metrics grew by 100,000 bytes"),
        ({"stop": (12.0, -9)}, "not ended 12 s after SIGTERM"),
        ({"stop": (20.0, 0)}, "not ended 20 s after SIGTERM"),
        ({"counts": {"500": 1}}, "1 × 500"),
        ({"counts": {"307": 1}}, "1 × 307"),
        ({"counts": {"503": 4}}, "4 × 503"),
        ({"counts": {"silent": 2}}, "2 × silent"),
        ({"counts": {"left open": 1}}, "1 × left open"),
        ({"bystander": {"/livez": CALM | {"p99": 51.0}}}, "/livez: p99 51 ms"),
        ({"bystander": {"/forecast": CALM | {"worst": 300.0}}}, "/forecast: worst 300 ms"),
        ({"bystander": {"/forecast": CALM | {"others": {"503": 2}}}}, "/forecast: 2 × 503"),
        ({"bystander": {"/livez": CALM | {"others": {"lost": 1}}}}, "/livez: 1 × lost"),
        ({"bystander": {"/livez": {"requests": 0}}}, "/livez: never asked"),
    ],
)
def test_every_kind_of_harm_is_named(changes, fault):
    assert judge(outcome(**changes), ATTACK) == [fault]


def test_only_the_answers_of_the_contract_are_right_where_it_gives_them():
    attack = Attack("a", in_turn, frozenset({431}))
    assert judge(outcome(counts={"431": 9}), attack) == []
    assert judge(outcome(counts={"400": 1, "200": 2}), attack) == ["1 × 400", "2 × 200"]


def test_who_asks_for_too_much_may_be_refused_but_not_the_bystander():
    attack = Attack("a", in_turn, frozenset({200}), over_limit=True)
    assert judge(outcome(counts={"503": 4, "429": 1}), attack) == []
    refused = {"/forecast": CALM | {"others": {"503": 2}}}
    assert judge(outcome(bystander=refused, counts={"200": 1}), attack) == ["/forecast: 2 × 503"]


def test_under_an_overload_forecasts_wait_and_are_refused_but_livez_is_not():
    attack = Attack("a", in_turn, over_limit=True, overload=True)
    busy = CALM | {"p99": 400.0, "worst": 500.0, "others": {"503": 2}}
    assert judge(outcome(bystander={"/forecast": busy}), attack) == []
    assert len(judge(outcome(bystander={"/livez": busy}), attack)) == 3
    lost = {"/forecast": busy | {"others": {"lost": 1}}}
    assert judge(outcome(bystander=lost), attack) == ["/forecast: 1 × lost"]


def test_only_what_a_busy_machine_may_cause_is_measured_again():
    late = {"/livez": CALM | {"p99": 60.0, "worst": 300.0}}
    assert is_only_late(judge(outcome(bystander=late), ATTACK))
    assert not is_only_late(judge(outcome(bystander=late, counts={"500": 1}), ATTACK))
    assert not is_only_late([])


def test_the_table_has_the_figures_and_what_was_missed():
    slow = outcome(bystander={"/livez": CALM, "/forecast": CALM | {"p99": 80.0, "others": {"503": 3}}})
    slow.missed = judge(slow, ATTACK)
    text = line(slow)
    assert "1.0/49.0/249" in text
    assert "200/900/219" in text
    assert text.endswith("200 × 3, 431 × 2, closed × 2, reset × 1 → /forecast: 3 × 503; /forecast: p99 80 ms")


def test_the_summary_has_the_worst_of_all():
    bad = outcome(after_mb=400.0, alive=False, bystander={"/livez": CALM | {"worst": 999.0, "others": {"503": 3}}})
    bad.missed = judge(bad, ATTACK)
    figures = summary([outcome(), bad])
    assert figures["missed"] == ["a"]
    assert (figures["worst_ms"], figures["highest_memory_ratio"], figures["deaths"]) == (999.0, 2.0, 1)
    assert (figures["bystander_requests"], figures["bystander_refusals"]) == (120, 3)


def test_a_run_without_attacks_has_a_summary():
    assert summary([])["highest_p99_ms"] is None


def test_every_attack_has_a_name_of_its_own():
    assert len(ATTACKS) == sum(len(attacks) for attacks in KINDS.values())
    assert all(re.fullmatch(r"[a-z0-9.-]+", name) for name in ATTACKS)
    assert not set(ATTACKS) & set(KINDS)
    assert find("kept-alive").name == "kept-alive"


def test_attacks_are_chosen_by_kind_and_by_name():
    names = [attack.name for _, attack in choose(["encodings", "host-*"])]
    assert {"gzip-bomb-1-gib", "host-missing", "host-evil"} <= set(names)
    assert "slowloris" not in names
    assert len(choose([])) == len(ATTACKS)


def test_a_name_that_fits_nothing_is_an_error():
    with pytest.raises(ValueError, match="no-such"):
        choose(["host-*", "no-such"])


def test_the_command_line_becomes_options(tmp_path):
    options = parse_options(["--only", "texts,host-*", "--seconds", "2", "--out", str(tmp_path)])
    assert (options.only, options.seconds, options.out) == (("texts", "host-*"), 2.0, tmp_path)
    assert not any((options.keepalive, options.stop, options.list))
