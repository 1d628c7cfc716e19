"""The micro-batcher alone: order, isolation, deadlines, those who leave, and the end."""

import asyncio
from threading import Event

import pytest

from service.batching import MicroBatcher
from service.errors import DeadlineExceeded, Overloaded


def batcher(predict, max_batch=8, max_queue=8):
    return MicroBatcher(predict, max_batch=max_batch, max_queue=max_queue)


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
        first = asyncio.create_task(waiting.submit("first", soon()))
        await asyncio.to_thread(entered.wait, 20)
        leaving = asyncio.create_task(waiting.submit("leaving", soon()))
        staying = asyncio.create_task(waiting.submit("staying", soon()))
        while waiting.depth < 2:
            await asyncio.sleep(0)
        leaving.cancel()
        gate.set()
        answers = await asyncio.gather(first, staying)
        await waiting.close()
        return [answer.result for answer in answers]

    assert asyncio.run(work()) == ["first", "staying"]
    assert seen == ["first", "staying"]


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
