"""Who is accepted by a busy batcher, what a round holds, and what is given when the time is over."""

import asyncio

import pytest

from service.errors import DeadlineExceeded, Overloaded
from service.serving.queues import SORTED_TOGETHER
from tests.clock import Clock
from tests.service.serving.batchers import NumberBatcher, SlowModel, soon


def results(answers):
    """The results, and None for what is late."""
    return [None if isinstance(answer, DeadlineExceeded) else answer.result for answer in answers]


# ---- at the deadline


def test_at_its_deadline_a_bulk_request_gets_what_is_done():
    """The item in the model call and those that wait are late; what waits leaves the queue."""
    slow, calls = SlowModel(), []

    def second_call_is_slow(items):
        calls.append(list(items))
        return slow(items) if len(calls) == 2 else items

    async def work():
        clock = Clock()
        batcher = NumberBatcher(second_call_is_slow, max_batch=4)
        job = asyncio.create_task(batcher.submit_many([1, 2, 3, 4, 5, 6], asyncio.get_running_loop().time() + 100))
        await slow.is_entered()
        clock.advance(100)
        answers = await job
        depth = batcher.depth
        slow.release()
        await batcher.close()
        return results(answers), depth, batcher.batcher.counts.expired

    assert asyncio.run(work()) == ([1, 2, None, None, None, None], 0, 1)
    assert calls == [[1, 2], [3, 4]]


def test_a_cancelled_bulk_request_leaves_the_queue_and_the_round():
    """As when another model of the same request has refused it."""
    slow = SlowModel()

    async def work():
        batcher = NumberBatcher(slow, make_batches=lambda items: [[i] for i in range(len(items))])
        first = asyncio.create_task(batcher.submit(1, soon()))
        await slow.is_entered()
        leaving = asyncio.create_task(batcher.submit_many(range(2, 12), soon()))
        await asyncio.sleep(0)
        assert batcher.depth == 10
        slow.release()
        await first
        while batcher.depth == 10:
            await asyncio.sleep(0)
        leaving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await leaving
        depth = batcher.depth
        await batcher.close()
        return depth

    assert asyncio.run(work()) == 0
    assert len(slow.batches) < 11


def test_the_first_items_of_a_large_request_are_done_before_its_last_ones_are_begun():
    """Costs are sorted only within a part, so that at the deadline whole texts are done, with all their sentences."""
    done = []

    async def work():
        batcher = NumberBatcher(lambda items: done.extend(items) or items)
        await batcher.submit_many(range(2 * SORTED_TOGETHER, 0, -1), soon())
        await batcher.close()

    asyncio.run(work())
    assert done[:SORTED_TOGETHER] == list(range(SORTED_TOGETHER + 1, 2 * SORTED_TOGETHER + 1))
    assert done[SORTED_TOGETHER:] == list(range(1, SORTED_TOGETHER + 1))


# ---- who has no time


def busy(work, **options):
    """The result of `work(batcher)` while a call runs; then the call ends, and all that was accepted is answered.

    The clock stands still, so that it does not matter how long the test itself takes.
    """

    async def run():
        Clock(is_stopped=True)
        slow = SlowModel()
        batcher = NumberBatcher(slow, **options)
        first = asyncio.create_task(batcher.submit(1, soon()))
        await slow.is_entered()
        try:
            return await work(batcher)
        finally:
            slow.release()
            await first
            await batcher.close()

    return asyncio.run(run())


async def waiting(batcher, *requests):
    """Tasks of requests, each one item or a list, that wait."""
    depth = batcher.depth
    tasks = []
    for request in requests:
        submit = batcher.submit_many if isinstance(request, list) else batcher.submit
        tasks.append(asyncio.create_task(submit(request, soon())))
        depth += len(request) if isinstance(request, list) else 1
        await asyncio.sleep(0)
        assert batcher.depth == depth, tasks
    return tasks


async def refusal_of(submitting):
    with pytest.raises(Overloaded) as refusal:
        await submitting
    return refusal.value


def test_a_request_whose_turn_would_come_after_its_deadline_is_refused_at_once():
    """Items of cost 1 + 10 + 20 at half a second take 15.5 seconds."""

    async def work(batcher):
        batcher.assume(0.5)
        tasks = await waiting(batcher, 10, 20)
        now = asyncio.get_running_loop().time()
        refusal = await refusal_of(batcher.submit(1, now + 13))
        assert "after the request's time limit; try again in 3 s" in refusal.detail
        assert refusal.headers == {"Retry-After": "3"}
        return [*tasks, *await waiting(batcher, 1)], batcher.batcher.counts.refused

    tasks, refused = busy(work)
    assert refused == 1
    assert [task.result().result for task in tasks] == [10, 20, 1]


def test_the_least_time_decides_so_that_one_slow_call_makes_no_refusals():
    async def work(batcher):
        batcher.batcher._measure(10.0, 10.0)
        batcher.batcher._measure(0.001, 0.001)
        return await waiting(batcher, 10, 20, 30)

    assert [task.result().result for task in busy(work)] == [10, 20, 30]


def test_an_idle_model_accepts_a_request_whatever_it_has_measured():
    """It would refuse for ever otherwise."""

    async def work():
        batcher = NumberBatcher(lambda items: items)
        batcher.assume(1e6)
        answers = [(await batcher.submit(5, soon())).result, *results(await batcher.submit_many([6], soon()))]
        await batcher.close()
        return answers

    assert asyncio.run(work()) == [5, 6]


def test_a_single_request_is_not_behind_all_items_of_a_bulk_request():
    """It has its turn in the next round. A bulk request of a thousand expensive items would take hours."""

    async def work(batcher):
        batcher.assume(1.0)
        tasks = await waiting(batcher, [100] * 1000)
        tasks += await waiting(batcher, 7)
        tasks[0].cancel()
        return tasks

    assert busy(work)[1].result().result == 7


def test_a_bulk_request_whose_first_item_is_too_late_is_refused():
    """One item of each of the others goes before: three rounds of one item each, of cost 100."""

    async def work(batcher):
        batcher.assume(0.05)
        tasks = await waiting(batcher, [100] * 9, [100] * 9, [100] * 9)
        now = asyncio.get_running_loop().time()
        refusal = await refusal_of(batcher.submit_many([1], now + 14))
        tasks += [asyncio.create_task(batcher.submit_many([1], now + 17))]
        await asyncio.sleep(0)
        assert batcher.depth == 28
        for task in tasks:
            task.cancel()
        return refusal.headers["Retry-After"]

    assert busy(work, bulk_seconds=1) == "2"


# ---- who has no room


def test_a_small_bulk_request_finds_room_beside_large_ones():
    """Room is for 16 × 4 = 64 items, of which large ones leave 16; half of a round, 2 items, is small."""

    async def work(batcher):
        tasks = await waiting(batcher, [2] * 24, [2] * 24)
        refusal = await refusal_of(batcher.submit_many([2] * 3, soon()))
        assert "48 requests already wait" in refusal.detail
        tasks += await waiting(batcher, [3, 3], [4])
        return tasks

    tasks = busy(work, max_batch=4, max_queue=4)
    assert [len(task.result()) for task in tasks] == [24, 24, 2, 1]


def test_a_bulk_request_of_any_size_is_accepted_where_none_waits():
    async def work(batcher):
        return await waiting(batcher, [2] * 1000)

    assert len(busy(work, max_batch=4, max_queue=1)[0].result()) == 1000


def test_the_items_of_small_bulk_requests_are_limited_too():
    """Room is for 16 × 4 = 64 items."""

    async def work(batcher):
        tasks = await waiting(batcher, [2] * 20, [2] * 20, [2] * 20)
        await refusal_of(batcher.submit_many([2] * 5, soon()))
        return [*tasks, *await waiting(batcher, [2] * 4)]

    assert len(busy(work, max_batch=40, max_queue=4)) == 4


def test_the_number_of_bulk_requests_is_limited():
    async def work(batcher):
        tasks = await waiting(batcher, [2], [2])
        await refusal_of(batcher.submit_many([2], soon()))
        return tasks

    busy(work, max_queue=2)


def test_waiting_bulk_requests_leave_room_for_single_ones():
    async def work(batcher):
        return await waiting(batcher, [2] * 100, 5)

    assert busy(work, max_queue=1)[1].result().result == 5


# ---- rounds


def test_a_round_has_few_expensive_items_of_bulk_requests():
    """So a single request waits for a moment only. The large request and the small one take turns."""
    slow = SlowModel()

    async def work():
        batcher = NumberBatcher(slow, max_batch=16, max_queue=100, bulk_seconds=0.25)
        batcher.batcher._measure = lambda *_: None
        batcher.assume(0.01)
        first = asyncio.create_task(batcher.submit(1, soon()))
        await slow.is_entered()
        tasks = await waiting(batcher, [10] * 6, [11], 12)
        slow.release()
        await asyncio.gather(first, *tasks)
        await batcher.close()

    asyncio.run(work())
    assert slow.batches == [[1], [12, 10, 10, 10], [11, 10, 10], [10]]


def test_before_anything_is_measured_a_round_has_one_expensive_item():
    sizes = []

    async def work():
        batcher = NumberBatcher(lambda items: sizes.append(len(items)) or items, bulk_seconds=0.015)
        await batcher.submit_many([2000] * 4, soon())
        await batcher.close()

    asyncio.run(work())
    assert sizes[0] == 1
