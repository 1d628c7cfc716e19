"""Writes what `/metrics` answers after requests of all kinds; for a process with the service's own packages."""

import sys
import tempfile
from pathlib import Path

from fastapi.testclient import TestClient

from service.app import create_app
from service.http.lifecycle import Phase
from service.serving.repository import RefusedVersion
from tests import fakes

TRACED = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}


def main() -> None:
    models = Path(tempfile.mkdtemp())
    app = create_app(fakes.settings(models), fakes.FakeLoad(models, fakes.default_bundles()))
    with TestClient(app) as client:
        client.post("/forecast", json={"readings": fakes.READINGS}, headers=TRACED)
        client.post("/forecast", json={"readings": []})
        client.get("/a\\path\"with'signs")
        app.state.lifecycle.enter(Phase.STARTING)
        client.post("/forecast", json={"readings": fakes.READINGS})
        app.state.lifecycle.enter(Phase.READY)
        app.state.repository.refused = [RefusedVersion("gru", "3", "a reason"), RefusedVersion(None, None, "another")]
        client.get("/metrics")
        sys.stdout.write(client.get("/metrics").text)


if __name__ == "__main__":
    main()
