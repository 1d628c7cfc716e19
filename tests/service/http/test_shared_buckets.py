"""Token buckets in memory that processes share: the guarantees of those of one process, for all processes together."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.http.host import OwnMemory
from service.http.shared_buckets import SharedPairs, SharedTokenBuckets
from service.http.shared_table import WAYS, SharedTable, sets_for, size_for
from service.http.token_buckets import Limit, TokenBuckets
from tests.patience import PATIENCE_S
from tests.service.http.shared_memory import FileMemory, Taker

NAMES = 100
LIMIT = Limit.of(10, 10)
steps = st.lists(
    st.tuples(st.sampled_from("abc"), st.floats(0, 20), st.integers(-3, 30)),
    max_size=40,
)


def own_buckets(names=NAMES):
    return SharedTokenBuckets(OwnMemory(size_for(names)), 0, names)


@pytest.fixture(scope="module")
def memory():
    return FileMemory.make(size_for(NAMES))


@pytest.fixture(scope="module")
def takers(memory):
    """Two other processes with the same buckets."""
    takers = [Taker(memory, NAMES), Taker(memory, NAMES)]
    yield takers
    for taker in takers:
        taker.end()


@given(st.floats(0.001, 1000), st.floats(1, 60), steps)
def test_shared_buckets_decide_as_those_of_one_process(rate, burst_s, steps):
    """Every take, wait and remainder of any sequence."""
    limit, shared, alone, now = Limit.of(rate, burst_s), own_buckets(), TokenBuckets(), 1000.0
    for caller, pause, tokens in steps:
        now += pause
        assert shared.wait(caller, tokens, limit, now) == alone.wait(caller, tokens, limit, now)
        assert shared.take(caller, tokens, limit, now) == alone.take(caller, tokens, limit, now)
        assert shared.left(caller, limit, now) == alone.left(caller, limit, now)


def test_two_objects_over_one_memory_are_one_bucket():
    memory = OwnMemory(size_for(NAMES))
    one, other = SharedTokenBuckets(memory, 0, NAMES), SharedTokenBuckets(memory, 0, NAMES)
    assert one.take("a", 100, LIMIT, 5) == 0
    assert other.take("a", 1, LIMIT, 5) == pytest.approx(0.1)
    assert other.left("a", LIMIT, 6)[0] == 10


counter = iter(range(10**9))
bursts = st.lists(st.tuples(st.floats(0, 0.5), st.integers(1, 5)), min_size=20, max_size=60)


@settings(max_examples=40, deadline=None)
@given(st.floats(0.1, 100), st.floats(1, 5), bursts, bursts)
def test_two_processes_at_once_never_get_more_than_the_limit(memory, takers, rate, burst_s, ours, theirs):
    """Whatever they take at the same time from one bucket, in whichever order they get the lock."""
    caller, limit, granted, moments = f"caller {next(counter)}", Limit.of(rate, burst_s), 0, []
    sent = []
    for taker, sequence in zip(takers, (ours, theirs), strict=True):
        now, takes = 1000.0, []
        for pause, tokens in sequence:
            now += pause
            takes.append([caller, tokens, rate, burst_s, now])
        taker.send(takes)
        sent.append(takes)
    for taker, takes in zip(takers, sent, strict=True):
        for (_, tokens, _, _, now), wait in zip(takes, taker.waits(), strict=True):
            if not wait:
                granted += tokens
                moments.append(now)
    if moments:
        assert granted <= limit.capacity + limit.rate * (max(moments) - min(moments) + 1e-5) + 1e-6


def test_two_processes_at_once_get_every_token_once(memory, takers):
    """10,000 tokens, and 8,000 tries of each."""
    for taker in takers:
        taker.send([["everybody", 1, 1000, 10, 1e6]] * 8000)
    granted = sum(taker.waits().count(0) for taker in takers)
    assert granted == 10_000


def test_a_process_that_is_killed_with_the_lock_blocks_nobody(memory):
    taker = Taker(memory, NAMES)
    taker.send("die")
    taker.process.wait(PATIENCE_S)
    taker.process.stdin.close()
    taker.process.stdout.close()
    assert SharedTokenBuckets(memory, 0, NAMES).take("after", 1, LIMIT, 5) == 0


def test_a_name_that_was_written_half_gives_nobody_more_tokens():
    """A process was killed between the two halves of a name, or before its time."""
    memory = OwnMemory(size_for(NAMES))
    table = SharedTable(memory, 0, NAMES)
    start, first, second = table._hash("a")
    table._first[start], table._second[start] = first, second ^ 1
    buckets = SharedTokenBuckets(memory, 0, NAMES)
    assert [buckets.take("a", 60, LIMIT, 5) == 0 for _ in range(3)] == [True, False, False]
    assert buckets.left("a", LIMIT, 5)[0] == 40


def test_a_full_table_drops_full_buckets_only_and_others_share_one():
    """Many names do not get anybody more tokens, nor anybody's bucket forgotten."""
    buckets, limit = own_buckets(1), Limit.of(1, 10)
    assert buckets.take("first", 10, limit, 5) == 0
    for number in range(WAYS * sets_for(1) - 1):
        assert buckets.take(f"{number}", 10, limit, 5) == 0
    assert buckets.take("late", 6, limit, 5) == 0
    assert buckets.take("later", 6, limit, 5) == pytest.approx(2)
    assert buckets.left("latest", limit, 5)[0] == 4
    assert buckets.take("first", 1, limit, 5) == pytest.approx(1)
    assert buckets.take("later", 10, limit, 15) == 0


def test_sets_are_not_full_before_the_table_is():
    """As many names as are promised find a place each."""
    table = SharedTable(OwnMemory(size_for(4000)), 0, 4000)
    places = set()
    for number in range(4000):
        place = table.claim(f"10.0.{number // 256}.{number % 256}", 5)
        assert place is not None
        table.times[place] = 1e9
        places.add(place)
    assert len(places) == 4000


def test_tables_in_one_memory_do_not_touch():
    memory = OwnMemory(2 * size_for(NAMES))
    one, other = (SharedTokenBuckets(memory, n * size_for(NAMES), NAMES) for n in range(2))
    for number in range(NAMES):
        one.take(f"{number}", 100, LIMIT, 5)
    assert all(other.left(f"{number}", LIMIT, 5)[0] == 100 for number in range(NAMES))


def test_pairs_are_remembered_and_the_oldest_forgotten():
    pairs = SharedPairs(OwnMemory(size_for(1)), 0, 1)
    room = WAYS * sets_for(1)
    for number in range(room + 1):
        pairs.add("network", f"{number}", 10.0 + number)
    assert not pairs.has("network", "0")
    assert all(pairs.has("network", f"{number}") for number in range(1, room + 1))
    assert not pairs.has("networ", "k1")
