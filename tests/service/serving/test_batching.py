"""The micro-batcher alone: order, failures, deadlines, callers that leave, fairness, and its end."""

import asyncio
import threading
from time import perf_counter

import pytest

from service.errors import ClientDisconnected, DeadlineExceeded, Overloaded
from tests.service.serving.batchers import NumberBatcher, SlowModel, soon


def test_every_caller_gets_its_own_answer():
    async def work():
        doubling = NumberBatcher(lambda items: [2 * i for i in items])
        answers = await asyncio.gather(*(doubling.submit(i, soon()) for i in range(8)))
        await doubling.close()
        return [answer.result for answer in answers]

    assert asyncio.run(work()) == [0, 2, 4, 6, 8, 10, 12, 14]


def test_answers_say_how_many_items_shared_the_call_and_when_it_began():
    async def work():
        echoing = NumberBatcher(lambda items: items)
        before = perf_counter()
        answers = await asyncio.gather(*(echoing.submit(i, soon()) for i in range(3)))
        await echoing.close()
        return before, answers

    before, answers = asyncio.run(work())
    assert [answer.items for answer in answers] == [3, 3, 3]
    assert {before <= answer.started <= perf_counter() for answer in answers} == {True}
    assert len({answer.started for answer in answers}) == 1


def test_a_bad_item_fails_alone():
    """A batch that raises is tried again item by item."""

    async def work():
        inverse = NumberBatcher(lambda items: [1 / i for i in items])
        answers = await asyncio.gather(*(inverse.submit(i, soon()) for i in (1, 0, 2)), return_exceptions=True)
        await inverse.close()
        return answers

    one, bad, two = asyncio.run(work())
    assert (one.result, two.result) == (1, 0.5)
    assert isinstance(bad, ZeroDivisionError)


def test_a_model_that_loses_an_item_is_an_error():
    """Results are counted, so nobody gets the answer of another."""

    async def work():
        losing = NumberBatcher(lambda items: items[1:])
        with pytest.raises(RuntimeError, match="1 items went in, 0"):
            await losing.submit(1, soon())
        await losing.close()

    asyncio.run(work())


@pytest.mark.parametrize("fault", [StopIteration, TimeoutError])
def test_the_next_caller_is_answered_whatever_a_model_raised(fault):
    """StopIteration, which a future cannot hold, does not stop the batcher. A TimeoutError of a model is not that of a deadline."""

    def moody(items):
        if items == [0]:
            raise fault("moody")
        return items

    async def work():
        batching = NumberBatcher(moody)
        with pytest.raises(RuntimeError, match="the model raised"):
            await batching.submit(0, soon())
        answer = await batching.submit(1, soon())
        await batching.close()
        return answer.result

    assert asyncio.run(work()) == 1


def test_callers_that_gave_up_make_room_in_the_queue():
    """A queue of callers whose deadline has passed refuses nobody."""
    slow = SlowModel()

    async def work():
        small = NumberBatcher(slow, max_batch=1, max_queue=1)
        first = asyncio.create_task(small.submit(1, soon()))
        await slow.is_entered()
        with pytest.raises(DeadlineExceeded):
            await small.submit(2, asyncio.get_running_loop().time() + 0.01)
        third = asyncio.create_task(small.submit(3, soon()))
        await asyncio.sleep(0)
        slow.release()
        answers = await asyncio.gather(first, third)
        await small.close()
        return [answer.result for answer in answers]

    assert asyncio.run(work()) == [1, 3]


def test_batches_keep_to_their_size():
    sizes = []

    def count(items):
        sizes.append(len(items))
        return items

    async def work():
        counting = NumberBatcher(count, max_batch=3)
        await asyncio.gather(*(counting.submit(i, soon()) for i in range(8)))
        await counting.close()

    asyncio.run(work())
    assert sizes == [3, 3, 2]


def test_a_cancelled_caller_costs_no_model_call():
    """Its item is dropped before its turn; the others are answered."""
    slow = SlowModel()

    async def work():
        waiting = NumberBatcher(slow)
        first = asyncio.create_task(waiting.submit(1, soon()))
        await slow.is_entered()
        leaving = asyncio.create_task(waiting.submit(2, soon()))
        staying = asyncio.create_task(waiting.submit(3, soon()))
        while waiting.depth < 2:
            await asyncio.sleep(0)
        leaving.cancel()
        slow.release()
        answers = await asyncio.gather(first, staying)
        await waiting.close()
        return [answer.result for answer in answers]

    assert asyncio.run(work()) == [1, 3]
    assert slow.batches == [[1], [3]]


def test_a_caller_that_is_cancelled_during_its_model_call_leaves_the_others_alone():
    slow = SlowModel()

    async def work():
        waiting = NumberBatcher(slow)
        leaving = asyncio.create_task(waiting.submit(1, soon()))
        await slow.is_entered()
        leaving.cancel()
        slow.release()
        answer = await waiting.submit(2, soon())
        await waiting.close()
        return answer.result

    assert asyncio.run(work()) == 2


def test_a_deadline_that_has_passed_costs_no_model_call():
    calls = []

    def note(items):
        calls.append(items)
        return items

    async def work():
        idle = NumberBatcher(note)
        with pytest.raises(DeadlineExceeded):
            await idle.submit(1, asyncio.get_running_loop().time() - 1)
        await idle.close()

    asyncio.run(work())
    assert calls == []


def test_closing_answers_what_was_accepted_and_refuses_the_rest():
    slow = SlowModel()

    async def work():
        closing = NumberBatcher(slow, max_batch=1)
        accepted = [asyncio.create_task(closing.submit(i, soon())) for i in range(3)]
        await slow.is_entered()
        end = asyncio.create_task(closing.close())
        await asyncio.sleep(0)
        with pytest.raises(Overloaded):
            await closing.submit(9, soon())
        slow.release()
        await end
        return [answer.result for answer in await asyncio.gather(*accepted)]

    assert asyncio.run(work()) == [0, 1, 2]


def test_a_caller_whose_connection_is_closed_costs_no_model_call():
    """Connections are checked just before their turn, for one item and for many; the others are answered."""
    slow = SlowModel()

    async def work():
        waiting = NumberBatcher(slow)
        first = asyncio.create_task(waiting.submit(1, soon()))
        await slow.is_entered()
        left = [
            asyncio.create_task(waiting.submit(2, soon(), lambda: True)),
            asyncio.create_task(waiting.submit_many([3, 4], soon(), lambda: True)),
        ]
        staying = asyncio.create_task(waiting.submit(5, soon(), lambda: False))
        while waiting.depth < 4:
            await asyncio.sleep(0)
        slow.release()
        await asyncio.gather(first, staying)
        gone = await asyncio.gather(*left, return_exceptions=True)
        await waiting.close()
        return gone, waiting.depth, waiting.batcher.counts.left

    gone, depth, left = asyncio.run(work())
    assert [type(error) for error in gone] == [ClientDisconnected, ClientDisconnected]
    assert (slow.batches, depth, left) == ([[1], [5]], 0, 2)


def test_many_items_come_back_in_the_order_asked():
    """They are computed in several batches, the cheapest first."""
    sizes = []

    def double(items):
        sizes.append(len(items))
        return [2 * i for i in items]

    async def work():
        doubling = NumberBatcher(double, max_batch=6)
        answers = await doubling.submit_many([9, 1, 5, 7, 3, 2, 8], soon())
        await doubling.close()
        return [answer.result for answer in answers]

    assert asyncio.run(work()) == [18, 2, 10, 14, 6, 4, 16]
    assert sizes == [3, 3, 1]


def test_a_bad_item_among_many_fails_alone():
    async def work():
        inverse = NumberBatcher(lambda items: [1 / i for i in items])
        answers = await inverse.submit_many([1, 0, 2], soon())
        await inverse.close()
        return answers

    one, bad, two = asyncio.run(work())
    assert (one.result, two.result) == (1, 0.5)
    assert isinstance(bad, ZeroDivisionError)


def test_a_bulk_request_does_not_starve_single_requests():
    """A single request gets a place in the next round, however many items of a bulk request wait."""
    slow = SlowModel()

    async def work():
        shared = NumberBatcher(slow, max_batch=4, max_queue=2000)
        bulk = asyncio.create_task(shared.submit_many(range(1, 1001), soon()))
        await slow.is_entered()
        single = asyncio.create_task(shared.submit(5000, soon()))
        while shared.depth < 999:
            await asyncio.sleep(0)
        slow.release()
        await single
        done = len(slow.batches)
        await bulk
        await shared.close()
        return done

    assert asyncio.run(work()) <= 3
    assert 5000 in slow.batches[1]


def test_single_requests_do_not_starve_a_bulk_request():
    """If both wait, each gets half of a round."""
    slow = SlowModel()

    async def work():
        shared = NumberBatcher(slow, max_batch=4, max_queue=100)
        first = asyncio.create_task(shared.submit(1, soon()))
        await slow.is_entered()
        singles = [asyncio.create_task(shared.submit(i, soon())) for i in range(100, 112)]
        bulk = asyncio.create_task(shared.submit_many([7, 8, 9], soon()))
        while shared.depth < 15:
            await asyncio.sleep(0)
        slow.release()
        await asyncio.gather(first, bulk, *singles)
        await shared.close()

    asyncio.run(work())
    assert [sum(item < 100 for item in taken) for taken in slow.batches[1:3]] == [2, 1]


def test_two_bulk_requests_share_every_round():
    slow = SlowModel()

    async def work():
        shared = NumberBatcher(slow, max_batch=8, max_queue=100)
        first = asyncio.create_task(shared.submit(1, soon()))
        await slow.is_entered()
        one = asyncio.create_task(shared.submit_many(range(10, 18), soon()))
        two = asyncio.create_task(shared.submit_many(range(20, 28), soon()))
        while shared.depth < 16:
            await asyncio.sleep(0)
        slow.release()
        await asyncio.gather(first, one, two)
        await shared.close()

    asyncio.run(work())
    assert slow.batches[1:] == [[10, 11, 20, 21], [12, 13, 22, 23], [14, 15, 24, 25], [16, 17, 26, 27]]


def test_a_deadline_that_passes_in_the_queue_ends_the_wait():
    """The caller does not wait until the busy model has time."""
    slow = SlowModel()

    async def work():
        busy = NumberBatcher(slow, max_batch=1)
        loop = asyncio.get_running_loop()
        first = asyncio.create_task(busy.submit(1, soon()))
        await slow.is_entered()
        bulk = asyncio.create_task(busy.submit_many([3, 4], loop.time() + 0.01))
        with pytest.raises(DeadlineExceeded):
            await busy.submit(2, loop.time() + 0.02)
        late = await bulk
        depth = busy.depth
        slow.release()
        await first
        await busy.close()
        return [type(each) for each in late], depth, busy.batcher.counts.expired

    assert asyncio.run(work()) == ([DeadlineExceeded] * 2, 0, 2)


def test_a_deadline_that_passes_during_the_model_call_ends_the_wait():
    slow = SlowModel()

    async def work():
        busy = NumberBatcher(slow)
        with pytest.raises(DeadlineExceeded):
            await busy.submit(1, asyncio.get_running_loop().time() + 0.01)
        slow.release()
        await busy.close()

    asyncio.run(work())


def test_the_batches_of_a_round_are_called_one_by_one():
    """The first batch is answered before the second begins."""
    calls = []

    def by_parity(items):
        return [[i for i, item in enumerate(items) if item % 2 == parity] for parity in (0, 1)]

    def note(items):
        calls.append(list(items))
        return items

    async def work():
        grouping = NumberBatcher(note, make_batches=by_parity)
        await asyncio.gather(*(grouping.submit(i, soon()) for i in (1, 2, 3, 4)))
        await grouping.close()

    asyncio.run(work())
    assert calls == [[2, 4], [1, 3]]


def test_short_calls_run_on_the_event_loop_and_long_ones_in_a_thread():
    """Measured times decide: a call that is expected to be short is not worth the hand-over to a thread."""
    is_on_loop = []

    async def work(seconds):
        loop_thread = threading.get_ident()

        def note(items):
            is_on_loop.append(threading.get_ident() == loop_thread)
            return items

        numbers = NumberBatcher(note, inline_seconds=seconds)
        await numbers.submit(1, soon())
        numbers.batcher._cpu_seconds_per_cost = 1.0
        await numbers.submit(2, soon())
        await numbers.close()

    asyncio.run(work(1.5))
    asyncio.run(work(0.0))
    assert is_on_loop == [True, False, False, False]


def test_calls_items_and_failures_are_counted():
    async def work():
        numbers = NumberBatcher(lambda items: [1 / i for i in items], max_batch=4)
        await numbers.submit_many([1, 2, 0], soon())
        await numbers.close()
        return numbers.batcher.counts

    counts = asyncio.run(work())
    assert (counts.calls, counts.items, counts.failed) == (2, 3, 1)
    assert counts.seconds > 0
