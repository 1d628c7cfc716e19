"""Token buckets, and the limits made of them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.errors import InvalidRequest, TooManyRequests
from service.http.rate_limits import UNLIMITED, RateLimits, limits_of, network_of, whole_seconds
from service.http.token_buckets import OTHERS, Limit, TokenBuckets

LIMIT = Limit.of(10, 10)
rates = st.floats(0.001, 1000)
bursts = st.floats(1, 60)
sequences = st.lists(st.tuples(st.floats(0, 20), st.integers(1, 30)), max_size=60)


def refused(call, *arguments, **named):
    with pytest.raises(TooManyRequests) as error:
        call(*arguments, **named)
    return error.value


@pytest.mark.parametrize(
    ("rate", "burst_s", "capacity"),
    [
        (10, 10, 100),
        (0.29, 100, 29),
        (0.1, 30, 3),
        (0.01, 10, 1),
        (1.25, 10, 12),
        (1e-300, 10, 1),
        (math.inf, 10, 10**10),
    ],
)
def test_a_bucket_holds_the_whole_tokens_of_its_burst_and_at_least_one(rate, burst_s, capacity):
    assert Limit.of(rate, burst_s).capacity == capacity


def test_a_limit_says_itself():
    assert str(LIMIT) == "10 a second on average, 100 at once"
    assert str(Limit.of(0.5, 10)) == "0.5 a second on average, 5 at once"


def test_a_burst_and_then_the_rate_is_granted():
    buckets = TokenBuckets()
    assert [buckets.take("a", 1, LIMIT, 5) for _ in range(100)] == [0] * 100
    assert buckets.take("a", 1, LIMIT, 5) == pytest.approx(0.1)
    assert buckets.take("a", 1, LIMIT, 5.1) == 0
    assert buckets.take("a", 3, LIMIT, 5.1) == pytest.approx(0.3)
    assert buckets.take("b", 100, LIMIT, 5.1) == 0


def test_a_bucket_fills_up_to_its_capacity_only():
    buckets = TokenBuckets()
    buckets.take("a", 100, LIMIT, 0)
    assert buckets.left("a", LIMIT, 0) == pytest.approx((0, 0.1))
    assert buckets.left("a", LIMIT, 4.25) == pytest.approx((42, 0.05))
    assert buckets.left("a", LIMIT, 1e6)[0] == 100
    assert buckets.take("a", 101, LIMIT, 1e6) > 0


@given(rates, bursts, sequences)
def test_never_more_than_the_burst_and_the_rate_is_granted(rate, burst_s, sequence):
    """Between any two moments of any sequence, whatever was refused or looked at in between."""
    limit, buckets, now = Limit.of(rate, burst_s), TokenBuckets(), 1000.0
    granted = []
    for pause, tokens in sequence:
        now += pause
        expected = buckets.wait("a", tokens, limit, now)
        assert buckets.left("a", limit, now)[0] >= 0
        wait = buckets.take("a", tokens, limit, now)
        assert wait == expected
        if not wait:
            granted.append((now, tokens))
    for first, (start, _) in enumerate(granted):
        total = 0
        for end, tokens in granted[first:]:
            total += tokens
            assert total <= limit.capacity + limit.rate * (end - start + 1e-5) + 1e-6


@given(rates, bursts, sequences)
def test_after_the_wait_there_are_enough_tokens_and_not_long_before(rate, burst_s, sequence):
    limit, buckets, now = Limit.of(rate, burst_s), TokenBuckets(), 1000.0
    for pause, tokens in sequence:
        now += pause
        wait = buckets.take("a", tokens, limit, now)
        if wait and tokens <= limit.capacity:
            assert buckets.wait("a", tokens, limit, now + wait + 1e-5) == 0
            assert buckets.wait("a", tokens, limit, now + wait - 1e-3) > 0 or wait < 1e-3
            assert buckets.wait("a", tokens, limit, now + whole_seconds(wait)) == 0


@given(rates, bursts, sequences)
def test_what_is_left_can_be_taken_and_no_more(rate, burst_s, sequence):
    limit, buckets, now = Limit.of(rate, burst_s), TokenBuckets(), 1000.0
    for pause, tokens in sequence:
        now += pause
        buckets.take("a", tokens, limit, now)
        left, more = buckets.left("a", limit, now)
        assert 0 <= left <= limit.capacity
        assert not left or not buckets.wait("a", left, limit, now)
        if left < limit.capacity:
            assert buckets.wait("a", left + 1, limit, now) == pytest.approx(more, abs=2e-6)


@given(rates, bursts, sequences)
def test_giving_back_gives_nobody_a_token(rate, burst_s, sequence):
    """Of what is taken and given back later, no more than the burst and the rate was ever out."""
    limit, buckets, now, net = Limit.of(rate, burst_s), TokenBuckets(), 1000.0, 0
    out: list[int] = []
    for pause, tokens in sequence:
        now += pause
        if out and tokens % 3 == 0:
            back = out.pop()
            buckets.take("a", -back, limit, now)
            net -= back
        elif not buckets.take("a", tokens, limit, now):
            out.append(tokens)
            net += tokens
        assert net <= limit.capacity + limit.rate * (now - 1000 + 1e-5) + 1e-6
        assert buckets.left("a", limit, now)[0] <= limit.capacity


def test_a_clock_that_stands_or_goes_back_gives_no_tokens():
    buckets = TokenBuckets()
    buckets.take("a", 100, LIMIT, 50)
    assert buckets.take("a", 1, LIMIT, 50) > 0
    assert buckets.take("a", 1, LIMIT, 10) > 0


def test_another_limit_makes_no_debt():
    """A key gets a higher rate at a reload: at worst its bucket is empty."""
    buckets = TokenBuckets()
    buckets.take("a", 3, Limit.of(0.01, 300), 0)
    assert buckets.left("a", LIMIT, 0) == pytest.approx((0, 0.1))
    assert buckets.take("a", 1, LIMIT, 0) == pytest.approx(0.1)


def test_the_table_has_a_bound_and_forgets_full_buckets():
    buckets = TokenBuckets(max_callers=100)
    for caller in range(1000):
        assert buckets.take(str(caller), 1, LIMIT, caller * 0.01) == 0
        assert len(buckets) <= 100
    assert buckets.left("999", LIMIT, 9.99)[0] == 99


def test_a_full_table_forgets_nobody_who_has_used_tokens():
    """An attacker with many addresses gets what one address gets, and does not reset the bucket of anybody."""
    buckets = TokenBuckets(max_callers=100)
    for caller in range(100):
        buckets.take(f"busy-{caller}", 100, LIMIT, 0)
    granted = sum(not buckets.take(f"new-{caller}", 1, LIMIT, 0) for caller in range(1000))
    assert granted == LIMIT.capacity
    assert len(buckets) <= 101
    assert all(buckets.take(f"busy-{caller}", 1, LIMIT, 0.05) for caller in range(100))
    assert buckets.wait(OTHERS, 1, LIMIT, 0) > 0


def test_a_busy_bucket_does_not_keep_the_full_ones_behind_it():
    """Those who are looked at in vain go to the end, so that others are found."""
    buckets = TokenBuckets(max_callers=100)
    for caller in range(50):
        buckets.take(f"busy-{caller}", 100, LIMIT, 0)
    for caller in range(50):
        buckets.take(f"idle-{caller}", 1, LIMIT, 0)
    for caller in range(100):
        buckets.take(f"new-{caller}", 1, LIMIT, 1 + caller * 0.02)
    assert "new-99" in buckets._full_at
    assert all(f"busy-{caller}" in buckets._full_at for caller in range(50))


# Requests and items together


def test_without_rates_there_is_no_limit():
    limits = RateLimits()
    assert limits_of(None, None, 10) is UNLIMITED
    for _ in range(1000):
        limits.take("a", UNLIMITED, 0, items=1000)
    limits.take_rest("a", UNLIMITED, 0, 1000)
    assert limits.headers("a", UNLIMITED, 0) == {}


def test_a_refusal_names_the_limit_and_the_time():
    limits, rates = RateLimits(), limits_of(10, None, 10)
    for _ in range(100):
        limits.take("a", rates, 0)
    error = refused(limits.take, "a", rates, 0)
    assert error.detail == "over the limit (requests: 10 a second on average, 100 at once); try again in 1 s"
    assert [fault.detail for fault in error.faults] == ["requests: 10 a second on average, 100 at once"]
    assert error.headers["Retry-After"] == "1"
    assert error.headers["RateLimit"] == '"requests";r=0;t=1'


def test_the_time_of_a_refusal_is_that_of_the_slower_limit():
    limits, rates = RateLimits(), limits_of(0.5, 0.1, 100)
    limits.take("a", rates, 0, items=10)
    for _ in range(49):
        limits.take("a", rates, 0)
    assert refused(limits.take, "a", rates, 0).headers["Retry-After"] == "2"
    error = refused(limits.take, "a", rates, 0, items=3)
    assert error.headers["Retry-After"] == "30"
    assert len(error.faults) == 2
    refused(limits.take, "a", rates, 29.9, items=3)
    limits.take("a", rates, 30, items=3)


def test_what_is_refused_is_not_charged():
    """Neither the request of too many items, nor the items of one request too many."""
    limits, rates = RateLimits(), limits_of(1, 1, 10)
    limits.take("a", rates, 0, items=8)
    before = limits.headers("a", rates, 0)
    refused(limits.take, "a", rates, 0, items=5)
    assert limits.headers("a", rates, 0) == before
    for _ in range(9):
        limits.take("a", rates, 0)
    before = limits.headers("a", rates, 0)
    refused(limits.take, "a", rates, 0, items=1)
    assert limits.headers("a", rates, 0) == before


def test_a_batch_that_the_bucket_could_never_hold_is_no_matter_of_waiting():
    """422, and the most that can be sent; nothing is charged."""
    limits, rates = RateLimits(), limits_of(None, 5, 10)
    before = limits.headers("a", rates, 0)
    with pytest.raises(InvalidRequest, match=r"51 series or texts .* at most 50 in a request") as error:
        limits.take("a", rates, 0, items=51)
    assert "Retry-After" not in error.value.headers
    assert limits.headers("a", rates, 0) == before
    limits.take("a", rates, 0, items=1)
    with pytest.raises(InvalidRequest):
        limits.take_rest("a", rates, 0, 51)
    limits.take("b", rates, 0, items=50)


def test_the_rest_of_a_batch_is_taken_after_its_first_item():
    limits, rates = RateLimits(), limits_of(None, 1, 10)
    limits.take("a", rates, 0, items=1)
    limits.take_rest("a", rates, 0, 10)
    assert '"items";r=0;' in limits.headers("a", rates, 0)["RateLimit"]


def test_a_batch_that_is_tried_again_pays_once():
    """The first item is given back, and the stated time is enough for the whole batch."""
    limits, rates = RateLimits(), limits_of(None, 1, 10)
    limits.take("a", rates, 0, items=5)
    for _ in range(50):
        limits.take("a", rates, 0, items=1)
        assert refused(limits.take_rest, "a", rates, 0, 8).headers["Retry-After"] == "3"
    limits.take("a", rates, 3, items=1)
    limits.take_rest("a", rates, 3, 8)
    refused(limits.take, "a", rates, 3, items=1)


def test_items_are_given_back():
    limits, rates = RateLimits(), limits_of(1, 1, 10)
    limits.take("a", rates, 0, items=10)
    limits.give_back("a", rates, 0, items=10)
    limits.take("a", rates, 0, items=10)
    assert '"requests";r=8;' in limits.headers("a", rates, 0)["RateLimit"]
    limits.give_back("b", rates, 0, items=10)
    assert limits.headers("b", rates, 0)["RateLimit"].endswith('"items";r=10;t=1')


def test_the_headers_are_those_of_the_draft():
    """Lists of strings with integers as parameters (RFC 9651); `t` is never later than Retry-After."""
    limits, rates = RateLimits(), limits_of(10, 0.5, 10)
    limits.take("a", rates, 0, items=2)
    assert limits.headers("a", rates, 0.5) == {
        "RateLimit-Policy": '"requests";q=100;w=10, "items";q=5;qu="items";w=10',
        "RateLimit": '"requests";r=100;t=1, "items";r=3;t=2',
    }
    assert limits_of(0.01, None, 10).policy == '"requests";q=1;w=100'
    error = refused(limits.take, "a", rates, 0.5, items=5)
    assert (error.headers["Retry-After"], error.headers["RateLimit"][-3:]) == ("4", "t=2")


@pytest.mark.parametrize("rate", [1e-320, 1e-12, 1e-6, 1e9, 1e300, math.inf])
def test_extreme_rates_are_no_defects(rate):
    """The settings bound rates from below by 0 only."""
    limits, rates = RateLimits(), limits_of(rate, rate, 10)
    for _ in range(3):
        try:
            limits.take("a", rates, 1e6, items=1)
        except TooManyRequests as error:
            assert int(error.headers["Retry-After"]) >= 1
        assert limits.headers("a", rates, 1e6)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:DB8:1:2::9", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::9", "2001:db8:1:3::/64"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("::1", "::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        *((address, "unknown") for address in ("", "testclient", "1.2.3", "1.2.3.4\n", "::1::", "\0", "9" * 10_000)),
    ],
)
def test_a_caller_without_a_key_is_a_network(address, network):
    """Nobody gets more by the 2^64 addresses of a household, or by another way of writing one."""
    assert network_of(address) == network
