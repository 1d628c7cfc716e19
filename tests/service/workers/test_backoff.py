"""A worker that ends at every start is started ever later."""

from service.workers.backoff import FORGIVEN_SECONDS, BackOff


def test_delays_double_up_to_half_a_minute():
    backoff = BackOff(lambda: 0.0)
    assert [backoff.next_delay() for _ in range(9)] == [0, 0.5, 1, 2, 4, 8, 16, 30, 30]


def test_a_minute_of_life_is_forgiven():
    """A shorter life is not."""
    now = 0.0
    backoff = BackOff(lambda: now)
    backoff.note_birth()
    now += FORGIVEN_SECONDS - 1
    assert [backoff.next_delay(), backoff.next_delay()] == [0, 0.5]
    backoff.note_birth()
    now += FORGIVEN_SECONDS
    assert backoff.next_delay() == 0
