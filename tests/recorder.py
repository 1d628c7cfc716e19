"""Which files of service/ run code for a request: counted between its arrival and its response."""

import asyncio
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import uvicorn

from service.app import create_app
from service.http.memory import MemoryKeeper
from service.http.protocol import AdmissionProtocol
from service.http.request_records import RequestRecords
from service.settings import Settings
from tests.connections import post_bytes, read_status, until
from tests.patience import PATIENCE_S
from tests.processes import ROOT

SERVICE = f"{ROOT / 'service'}/"
# what the service does every now and then beside the requests, perhaps while one is recorded; and when a response is written
BESIDE = {
    function.__code__
    for function in (RequestRecords.answered, RequestRecords.flush, MemoryKeeper.run, MemoryKeeper.tidy)
}


class Recorder:
    """A running service, in a thread that is profiled."""

    def __init__(self, models_dir: Path) -> None:
        self._app = create_app(Settings(models_dir=models_dir))
        self._server = uvicorn.Server(
            uvicorn.Config(self._app, log_config=None, http=AdmissionProtocol, proxy_headers=False)
        )
        self._files: list[str] = []
        self._is_recording = False
        self._beside = 0  # calls in BESIDE that are running, one within the other
        self.port = 0

    def files_of(self, path: str, body: dict[str, Any]) -> list[str]:
        """Send a request three times, so that caches are filled, and return the files that the third one runs, in order.

        It is sent in one piece: a body that comes later than its head takes another way. A request is counted and logged
        after its response, so each begins when the one before has ended.
        """
        request = post_bytes(path, body)
        address = ("127.0.0.1", self.port)
        with socket.create_connection(address, PATIENCE_S) as connection, connection.makefile("rb") as responses:
            for is_last in (False, False, True):
                self._files.clear()
                self._is_recording = is_last
                connection.sendall(request)
                status = read_status(responses)
                until(lambda: not self._app.state.lifecycle.in_flight)
                self._is_recording = False
        assert status == 200
        return list(self._files)

    def _profile(self, frame: FrameType, event: str, _: object) -> None:
        if frame.f_code in BESIDE:
            if event in ("call", "return"):  # and not what it calls in C
                self._beside = self._beside + 1 if event == "call" else max(0, self._beside - 1)
            return
        file = frame.f_code.co_filename
        if self._is_recording and not self._beside and event == "call" and file.startswith(SERVICE):
            name = file.removeprefix(SERVICE)
            if name not in self._files:
                self._files.append(name)

    def _serve(self, listening: socket.socket) -> None:
        sys.setprofile(self._profile)
        asyncio.run(self._server.serve([listening]))

    @contextmanager
    def running(self) -> Iterator["Recorder"]:
        threading.setprofile(self._profile)  # for the threads that are started from now on
        try:
            with socket.create_server(("127.0.0.1", 0)) as listening:
                self.port = listening.getsockname()[1]
                thread = threading.Thread(target=self._serve, args=[listening])
                thread.start()
                while not self._server.started:
                    assert thread.is_alive(), "the service did not start"
                    time.sleep(0.01)
                yield self
                self._server.should_exit = True
                thread.join(PATIENCE_S)
        finally:
            threading.setprofile(None)
