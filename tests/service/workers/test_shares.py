"""What one of several workers has of the limits of the host."""

from service.settings import Settings
from service.workers.shares import share


def test_what_waits_is_divided_and_what_is_compared_with_sums_is_not():
    settings = share(Settings(max_queue=5, max_buffered_bytes=300 << 20), 2)
    assert (settings.workers, settings.max_queue, settings.max_buffered_bytes) == (2, 3, 150 << 20)
    assert (settings.max_in_flight, settings.max_connections) == (256, 1024)


def test_each_worker_has_room_for_the_largest_body():
    """But no more than the host has."""
    assert share(Settings(), 8).max_buffered_bytes == Settings().max_frame_bytes
    assert share(Settings(max_buffered_bytes=1 << 20), 8).max_buffered_bytes == 1 << 20
