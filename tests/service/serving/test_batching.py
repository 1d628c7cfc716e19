"""The micro-batcher alone: order, isolation, deadlines, those who leave, and the end."""

import asyncio
import threading
from threading import Event

import pytest

from service.errors import ClientDisconnected, DeadlineExceeded, Overloaded
from service.serving.batching import Limits, MicroBatcher


class Number(int):
    """An item that costs what it is."""

    @property
    def cost(self):
        return int(self)


class Model:
    """A predict function, and batches cut as `cut` says; all that is taken in one, without it."""

    def __init__(self, predict, make_batches=None):
        self.predict = predict
        self.make_batches = make_batches or (lambda items: [list(range(len(items)))])


class Asking:
    """A batcher of plain numbers."""

    def __init__(self, predict, max_batch=8, max_queue=8, make_batches=None, inline_seconds=0.0):
        limits = Limits(max_batch=max_batch, max_queue=max_queue, inline_seconds=inline_seconds)
        self.batcher = MicroBatcher(Model(predict, make_batches), limits)
        self.close = self.batcher.close

    @property
    def depth(self):
        return self.batcher.depth

    async def submit(self, item, deadline, *gone):
        return await self.batcher.submit(Number(item), deadline, *gone)

    async def submit_many(self, items, deadline, *gone):
        return await self.batcher.submit_many([Number(item) for item in items], deadline, *gone)


batcher = Asking


def soon():
    return asyncio.get_running_loop().time() + 20


def test_answers_come_back_to_those_who_asked():
    async def work():
        doubling = batcher(lambda items: [2 * i for i in items])
        answers = await asyncio.gather(*(doubling.submit(i, soon()) for i in range(8)))
        await doubling.close()
        return [answer.result for answer in answers]

    assert asyncio.run(work()) == [0, 2, 4, 6, 8, 10, 12, 14]


def test_a_bad_item_fails_alone():
    """A batch that raises is tried again item by item."""

    async def work():
        inverse = batcher(lambda items: [1 / i for i in items])
        answers = await asyncio.gather(*(inverse.submit(i, soon()) for i in (1, 0, 2)), return_exceptions=True)
        await inverse.close()
        return answers

    one, bad, two = asyncio.run(work())
    assert (one.result, two.result) == (1, 0.5)
    assert isinstance(bad, ZeroDivisionError)


def test_a_model_that_loses_an_item_is_an_error_and_not_a_mix_up():
    """Results are counted: nobody gets another's answer."""

    async def work():
        losing = batcher(lambda items: items[1:])
        with pytest.raises(RuntimeError, match="1 items went in, 0"):
            await losing.submit(1, soon())
        await losing.close()

    asyncio.run(work())


@pytest.mark.parametrize("fault", [StopIteration, TimeoutError])
def test_whatever_a_model_raises_the_next_caller_is_answered(fault):
    """Not even what a future cannot carry stops the batcher, and a model's time-out is not the caller's."""

    def moody(items):
        if items == [0]:
            raise fault("moody")
        return items

    async def work():
        batching = batcher(moody)
        with pytest.raises(RuntimeError, match="the model raised"):
            await batching.submit(0, soon())
        answer = await batching.submit(1, soon())
        await batching.close()
        return answer.result

    assert asyncio.run(work()) == 1


def test_those_who_left_make_room_in_the_queue():
    """A queue of callers who gave up refuses nobody."""
    entered, gate = Event(), Event()

    def slow(items):
        entered.set()
        assert gate.wait(20)
        return items

    async def work():
        small = batcher(slow, max_batch=1, max_queue=1)
        first = asyncio.create_task(small.submit(1, soon()))
        await asyncio.to_thread(entered.wait, 20)
        with pytest.raises(DeadlineExceeded):
            await small.submit(2, asyncio.get_running_loop().time() + 0.01)
        third = asyncio.create_task(small.submit(3, soon()))
        await asyncio.sleep(0)
        gate.set()
        answers = await asyncio.gather(first, third)
        await small.close()
        return [answer.result for answer in answers]

    assert asyncio.run(work()) == [1, 3]


def test_batches_keep_to_their_size():
    sizes = []

    async def work():
        counting = batcher(lambda items: sizes.append(len(items)) or items, max_batch=3)
        await asyncio.gather(*(counting.submit(i, soon()) for i in range(8)))
        await counting.close()

    asyncio.run(work())
    assert sizes == [3, 3, 2]


def test_one_who_leaves_costs_nothing_and_hurts_nobody():
    """A cancelled caller's item is dropped before its turn; the others are answered."""
    seen, entered, gate = [], Event(), Event()

    def slow(items):
        entered.set()
        assert gate.wait(20)
        seen.extend(items)
        return items

    async def work():
        waiting = batcher(slow)
        first = asyncio.create_task(waiting.submit(1, soon()))
        await asyncio.to_thread(entered.wait, 20)
        leaving = asyncio.create_task(waiting.submit(2, soon()))
        staying = asyncio.create_task(waiting.submit(3, soon()))
        while waiting.depth < 2:
            await asyncio.sleep(0)
        leaving.cancel()
        gate.set()
        answers = await asyncio.gather(first, staying)
        await waiting.close()
        return [answer.result for answer in answers]

    assert asyncio.run(work()) == [1, 3]
    assert seen == [1, 3]


def test_one_who_leaves_while_the_model_works_hurts_nobody():
    entered, gate = Event(), Event()

    def slow(items):
        entered.set()
        assert gate.wait(20)
        return items

    async def work():
        waiting = batcher(slow)
        leaving = asyncio.create_task(waiting.submit(1, soon()))
        await asyncio.to_thread(entered.wait, 20)
        leaving.cancel()
        gate.set()
        answer = await waiting.submit(2, soon())
        await waiting.close()
        return answer.result

    assert asyncio.run(work()) == 2


def test_a_deadline_that_has_passed_is_refused_without_the_model():
    calls = []

    async def work():
        idle = batcher(lambda items: calls.append(items) or items)
        with pytest.raises(DeadlineExceeded):
            await idle.submit(1, asyncio.get_running_loop().time() - 1)
        await idle.close()

    asyncio.run(work())
    assert calls == []


def test_closing_answers_what_was_accepted_and_refuses_the_rest():
    entered, gate = Event(), Event()

    def slow(items):
        entered.set()
        assert gate.wait(20)
        return items

    async def work():
        closing = batcher(slow, max_batch=1)
        accepted = [asyncio.create_task(closing.submit(i, soon())) for i in range(3)]
        await asyncio.to_thread(entered.wait, 20)
        end = asyncio.create_task(closing.close())
        await asyncio.sleep(0)
        with pytest.raises(Overloaded):
            await closing.submit(9, soon())
        gate.set()
        await end
        return [answer.result for answer in await asyncio.gather(*accepted)]

    assert asyncio.run(work()) == [0, 1, 2]


def test_a_caller_whose_connection_is_gone_never_reaches_the_model():
    """Asked just before its turn, a caller who hung up is dropped, alone or with many items; the others are answered."""
    seen, entered, gate = [], Event(), Event()

    def slow(items):
        entered.set()
        assert gate.wait(20)
        seen.extend(items)
        return items

    async def work():
        waiting = batcher(slow)
        first = asyncio.create_task(waiting.submit(1, soon()))
        await asyncio.to_thread(entered.wait, 20)
        left = [
            asyncio.create_task(waiting.submit(2, soon(), lambda: True)),
            asyncio.create_task(waiting.submit_many([3, 4], soon(), lambda: True)),
        ]
        staying = asyncio.create_task(waiting.submit(5, soon(), lambda: False))
        while waiting.depth < 4:
            await asyncio.sleep(0)
        gate.set()
        await asyncio.gather(first, staying)
        gone = await asyncio.gather(*left, return_exceptions=True)
        await waiting.close()
        return gone, waiting.depth, waiting.batcher.counts.left

    gone, depth, left = asyncio.run(work())
    assert [type(error) for error in gone] == [ClientDisconnected, ClientDisconnected]
    assert (seen, depth, left) == ([1, 5], 0, 2)


def test_many_items_come_back_in_the_order_asked():
    """They are computed the cheapest first, and in pieces."""
    sizes = []

    async def work():
        doubling = batcher(lambda items: sizes.append(len(items)) or [2 * i for i in items], max_batch=6)
        answers = await doubling.submit_many([9, 1, 5, 7, 3, 2, 8], soon())
        await doubling.close()
        return [answer.result for answer in answers]

    assert asyncio.run(work()) == [18, 2, 10, 14, 6, 4, 16]
    assert sizes == [3, 3, 1]


def test_a_bad_item_among_many_fails_alone():
    async def work():
        inverse = batcher(lambda items: [1 / i for i in items])
        answers = await inverse.submit_many([1, 0, 2], soon())
        await inverse.close()
        return answers

    one, bad, two = asyncio.run(work())
    assert (one.result, two.result) == (1, 0.5)
    assert isinstance(bad, ZeroDivisionError)


def test_a_large_call_does_not_starve_single_callers():
    """Of every round a single caller gets a place, however many items of a bulk call wait before it."""
    rounds, entered, gate = [], Event(), Event()

    def slow(items):
        entered.set()
        assert gate.wait(20)
        rounds.append(list(items))
        return items

    async def work():
        shared = batcher(slow, max_batch=4, max_queue=2000)
        bulk = asyncio.create_task(shared.submit_many(range(1, 1001), soon()))
        await asyncio.to_thread(entered.wait, 20)
        single = asyncio.create_task(shared.submit(5000, soon()))
        while shared.depth < 999:
            await asyncio.sleep(0)
        gate.set()
        await single
        done = len(rounds)
        await bulk
        await shared.close()
        return done

    assert asyncio.run(work()) <= 3
    assert 5000 in rounds[1]


def test_single_callers_do_not_starve_a_large_call():
    """Where both wait, each gets half of a round."""
    rounds, entered, gate = [], Event(), Event()

    def slow(items):
        entered.set()
        assert gate.wait(20)
        rounds.append(list(items))
        return items

    async def work():
        shared = batcher(slow, max_batch=4, max_queue=100)
        first = asyncio.create_task(shared.submit(1, soon()))
        await asyncio.to_thread(entered.wait, 20)
        singles = [asyncio.create_task(shared.submit(i, soon())) for i in range(100, 112)]
        bulk = asyncio.create_task(shared.submit_many([7, 8, 9], soon()))
        while shared.depth < 15:
            await asyncio.sleep(0)
        gate.set()
        await asyncio.gather(first, bulk, *singles)
        await shared.close()

    asyncio.run(work())
    assert [sum(item < 100 for item in taken) for taken in rounds[1:3]] == [2, 1]


def test_two_large_calls_take_turns():
    rounds, entered, gate = [], Event(), Event()

    def slow(items):
        entered.set()
        assert gate.wait(20)
        rounds.append(list(items))
        return items

    async def work():
        shared = batcher(slow, max_batch=8, max_queue=100)
        first = asyncio.create_task(shared.submit(1, soon()))
        await asyncio.to_thread(entered.wait, 20)
        one = asyncio.create_task(shared.submit_many(range(10, 18), soon()))
        two = asyncio.create_task(shared.submit_many(range(20, 28), soon()))
        while shared.depth < 16:
            await asyncio.sleep(0)
        gate.set()
        await asyncio.gather(first, one, two)
        await shared.close()

    asyncio.run(work())
    assert rounds[1:] == [[10, 11, 20, 21], [12, 13, 22, 23], [14, 15, 24, 25], [16, 17, 26, 27]]


def test_a_large_call_is_refused_where_others_fill_the_queue():
    entered, gate = Event(), Event()

    def slow(items):
        entered.set()
        assert gate.wait(20)
        return items

    async def work():
        small = batcher(slow, max_batch=1, max_queue=2)
        accepted = asyncio.create_task(small.submit_many([1, 2, 3, 4], soon()))
        await asyncio.to_thread(entered.wait, 20)
        with pytest.raises(Overloaded) as refused:
            await small.submit_many([5], soon())
        gate.set()
        answers = await accepted
        await small.close()
        return [answer.result for answer in answers], int(refused.value.headers["Retry-After"])

    assert asyncio.run(work()) == ([1, 2, 3, 4], 1)


def test_a_deadline_that_passes_in_the_queue_is_told_at_once():
    """The model is busy for longer: the caller is not kept until it has time."""
    entered, gate = Event(), Event()

    def slow(items):
        entered.set()
        assert gate.wait(20)
        return items

    async def work():
        busy = batcher(slow, max_batch=1)
        loop = asyncio.get_running_loop()
        first = asyncio.create_task(busy.submit(1, soon()))
        await asyncio.to_thread(entered.wait, 20)
        late = [busy.submit(2, loop.time() + 0.02), busy.submit_many([3, 4], loop.time() + 0.01)]
        errors = await asyncio.gather(*late, return_exceptions=True)
        depth = busy.depth
        gate.set()
        await first
        await busy.close()
        return [type(error) for error in errors], depth, busy.batcher.counts.expired

    assert asyncio.run(work()) == ([DeadlineExceeded, DeadlineExceeded], 0, 2)


def test_a_deadline_that_passes_while_the_model_works_is_told_at_once():
    gate = Event()

    async def work():
        busy = batcher(lambda items: gate.wait(20) and items)
        with pytest.raises(DeadlineExceeded):
            await busy.submit(1, asyncio.get_running_loop().time() + 0.01)
        gate.set()
        await busy.close()

    asyncio.run(work())


def test_groups_are_called_one_by_one_as_the_model_cuts_them():
    """Quick groups are answered before slow ones have begun."""
    calls = []

    def by_parity(items):
        return [[i for i, item in enumerate(items) if item % 2 == parity] for parity in (0, 1)]

    async def work():
        cutting = batcher(lambda items: calls.append(list(items)) or items, make_batches=by_parity)
        await asyncio.gather(*(cutting.submit(i, soon()) for i in (1, 2, 3, 4)))
        await cutting.close()

    asyncio.run(work())
    assert calls == [[2, 4], [1, 3]]


def test_short_calls_run_on_the_event_loop_and_long_ones_beside_it():
    """What was measured decides: a call expected to be short is not worth the hand-over to a thread."""
    threads = []

    async def work(seconds):
        here = threading.get_ident()
        asking = batcher(lambda items: threads.append(threading.get_ident() == here) or items, inline_seconds=seconds)
        await asking.submit(1, soon())
        asking.batcher._cpu_seconds_per_cost = 1.0
        await asking.submit(2, soon())
        await asking.close()

    asyncio.run(work(1.5))
    asyncio.run(work(0.0))
    assert threads == [True, False, False, False]


def test_what_happened_is_counted():
    async def work():
        asking = batcher(lambda items: [1 / i for i in items], max_batch=4)
        await asking.submit_many([1, 2, 0], soon())
        await asking.close()
        return asking.batcher.counts

    counts = asyncio.run(work())
    assert (counts.calls, counts.items, counts.failed) == (2, 3, 1)
    assert counts.seconds > 0
