"""A collector of traces that takes everything and keeps nothing, in a thread of the benchmark, away from the servers' core."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Collector:
    """Where it listens, and how much it got."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.requests = 0
        self.bytes = 0


@contextmanager
def receiving(take: Callable[[str, dict[str, str], bytes], int]) -> Iterator[str]:
    """The address of an HTTP server in a thread. `take` gets path, headers and body of each POST, and returns the status."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            self.send_response(take(self.path, headers, body))
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def collecting() -> Iterator[Collector]:
    """A collector on a free port of 127.0.0.1."""

    def take(_path: str, _headers: dict[str, str], body: bytes) -> int:
        collector.requests += 1
        collector.bytes += len(body)
        return 200

    with receiving(take) as url:
        collector = Collector(url)
        yield collector
