"""What of the limits of a host each of its workers has."""

from ..settings import Settings


def share(settings: Settings, workers: int) -> Settings:
    """The settings of one worker.

    Requests in flight and connections are compared with the sums over all workers, so their limits stay. What waits in
    memory is divided. But each worker has room for the largest body that is allowed.
    """
    largest = max(settings.max_body_bytes, settings.max_frame_bytes)
    buffered = max(settings.max_buffered_bytes // workers, min(largest, settings.max_buffered_bytes))
    return settings.model_copy(
        update={
            "workers": workers,
            "max_queue": -(-settings.max_queue // workers),
            "max_buffered_bytes": buffered,
        }
    )
