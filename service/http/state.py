"""What the protocol, the middleware and the routes share. `create_app` makes it once."""

from dataclasses import dataclass, field

from service.http.access_log import AccessLog
from service.http.connections import Connections
from service.http.lifecycle import Lifecycle
from service.http.load_shedding import LoadShedding
from service.http.metrics import Metrics, RequestCounts
from service.serving.repository import ModelRepository
from service.settings import Settings


@dataclass
class State:
    """The parts of a running service. `start_error` says why a start failed."""

    settings: Settings
    repository: ModelRepository
    counts: RequestCounts
    lifecycle: Lifecycle = field(default_factory=Lifecycle)
    access_log: AccessLog = field(default_factory=AccessLog)
    start_error: str | None = None
    metrics: Metrics = field(init=False)
    load_shedding: LoadShedding = field(init=False)
    connections: Connections = field(init=False)

    def __post_init__(self) -> None:
        self.connections = Connections(self.settings.max_connections, self.settings.max_buffered_bytes)
        self.load_shedding = LoadShedding(self.repository)
