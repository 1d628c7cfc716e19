"""The limits of routes: those of one or many items, and those of whole data frames."""

from pathlib import Path

from service.http.predict_route import frame_limits, plain_limits
from tests import fakes


def test_a_frame_may_be_larger_and_take_longer():
    settings = fakes.settings(Path("nowhere"), max_body_bytes=1 << 20, max_frame_bytes=1 << 24, max_timeout_ms=30_000)
    assert plain_limits(settings).max_bytes == 1 << 20
    assert plain_limits(settings).timeout_ms == settings.timeout_ms
    assert frame_limits(settings) == (1 << 24, 30_000, 30_000)


def test_a_frame_is_never_larger_than_the_room_for_all_bodies():
    """It would be refused again and again for want of room. Where the room is less than a plain body, that is the limit."""
    limits = {"max_frame_bytes": 1 << 26, "max_buffered_bytes": 1 << 23}
    assert frame_limits(fakes.settings(Path("nowhere"), **limits)).max_bytes == 1 << 23
    assert frame_limits(fakes.settings(Path("nowhere"), max_body_bytes=1 << 24, **limits)).max_bytes == 1 << 24
