"""Which worker accepts connections of which slot: each of its own, and of those whose worker cannot, one that can."""

from collections.abc import Sequence


def assign(able: Sequence[bool]) -> list[list[int]]:
    """The slots of each worker. `able`: which of them can accept. A worker that cannot keeps its own slot.

    A slot has a second worker only while its own one cannot. Of those that can, the next one takes it.
    """
    slots = [[number] for number in range(len(able))]
    for number, is_able in enumerate(able):
        others = [(number + step) % len(able) for step in range(1, len(able))]
        deputy = next((other for other in others if able[other]), None)
        if not is_able and deputy is not None:
            slots[deputy].append(number)
    return slots
