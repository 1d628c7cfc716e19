"""The peers: how to start each with its own Python, and a request in the JSON that it handles fastest.

All get the same SavedModels, one TensorFlow thread, and the settings that their own guides give for one core. A name with
`-batch` is the same server with its batching on: up to 32 requests, 2 ms.
"""

import json
from pathlib import Path

from benchmarks.servers.server import Call, Server, Task

HERE = Path(__file__).parent
# The network's input: peers serve the network only, without the scaling.
SCALED = [
    0.899, 0.807, 0.694, 0.704, 0.793, 0.863, 0.855, 0.788, 0.708, 0.719, 0.798, 0.905,
    0.824, 0.737, 0.69, 0.701, 0.804, 0.885, 0.893, 0.794, 0.707, 0.718, 0.871, 0.888,
    0.769, 0.781, 0.683, 0.712, 0.789, 0.867, 0.842, 0.762, 0.723, 0.752, 0.887, 1.0,
]  # fmt: skip
# no peer may send usage reports
NO_TELEMETRY = {
    "BENTOML_DO_NOT_TRACK": "True",
    "RAY_USAGE_STATS_ENABLED": "0",
    "TF_CPP_MIN_LOG_LEVEL": "2",
}


def installed_peers(directory: Path, review: str) -> list[Server]:
    """The peers with an environment in `directory`; install_peers.sh creates them."""
    all_peers = [
        ("mlserver", _mlserver(review)),
        ("bentoml", _bentoml(review)),
        ("litserve", _plain(review)),
        ("ray", _plain(review)),
    ]
    return [
        _peer(name, directory / name / "bin" / "python", calls, batch)
        for name, calls in all_peers
        if (directory / name / "bin" / "python").exists()
        for batch in (False, True)
    ]


READY = {"mlserver": "/v2/health/ready", "bentoml": "/readyz", "litserve": "/health", "ray": "/-/healthz"}


def _peer(name: str, python: Path, calls: dict[Task, Call], batch: bool) -> Server:
    script = [str(python.absolute()), str(HERE / f"{name}_server.py")]
    return Server(
        f"{name}-batch" if batch else name,
        command=lambda port: [*script, "--port", str(port), *(["--batch"] if batch else [])],
        env=lambda _: NO_TELEMETRY,
        ready=READY[name],
        calls=calls,
        peer=True,
    )


def _plain(review: str) -> dict[Task, Call]:
    return {
        "forecast": Call("/forecast", json.dumps({"readings": SCALED}).encode()),
        "sentiment": Call("/sentiment", json.dumps({"text": review}).encode()),
    }


def _bentoml(review: str) -> dict[Task, Call]:
    """Its batchable methods take a list of items, even for one item."""
    return {
        "forecast": Call("/forecast", json.dumps({"readings": [SCALED]}).encode()),
        "sentiment": Call("/sentiment", json.dumps({"text": [review]}).encode()),
    }


def _mlserver(review: str) -> dict[Task, Call]:
    """The Open Inference Protocol, version 2."""
    readings = {"name": "readings", "shape": [1, len(SCALED), 1], "datatype": "FP32", "data": SCALED}
    text = {"name": "text", "shape": [1], "datatype": "BYTES", "data": [review]}
    return {
        "forecast": Call("/v2/models/gru/infer", json.dumps({"inputs": [readings]}).encode()),
        "sentiment": Call("/v2/models/sentiment/infer", json.dumps({"inputs": [text]}).encode()),
    }
