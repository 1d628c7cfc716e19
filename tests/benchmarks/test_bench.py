"""Which servers the command line selects."""

import pytest

from benchmarks import bench
from benchmarks.servers.catalogue import all_servers


@pytest.fixture
def servers(tmp_path):
    return all_servers(tmp_path)


def test_all_servers_are_selected_by_default(servers):
    assert [server.name for server in bench.select(servers, "")] == ["onnx", "tensorflow", "echo", "naive"]


def test_named_servers_are_selected_in_their_usual_order(servers):
    assert [server.name for server in bench.select(servers, "echo,onnx")] == ["onnx", "echo"]


def test_an_unknown_server_is_an_error_that_lists_the_choices(servers):
    with pytest.raises(ValueError, match="unknown: flask; choose from onnx, tensorflow, echo, naive"):
        bench.select(servers, "flask")


def test_a_peer_is_there_twice_once_it_is_installed(tmp_path):
    """Its `-batch` entry starts the same script with batching on."""
    python = tmp_path / "ray" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.touch()
    plain, batch = (server for server in all_servers(tmp_path) if server.peer)
    assert (plain.name, batch.name) == ("ray", "ray-batch")
    assert [*plain.command(8000), "--batch"] == batch.command(8000)


def test_a_server_that_fails_is_reported_and_the_others_are_measured(servers, tmp_path, monkeypatch):
    def measure(server, seconds):
        if server.name == "onnx":
            raise RuntimeError("its log ends:\nno free port")
        return {"paths": {}}

    monkeypatch.setattr(bench, "measure", measure)
    result = bench.run_rounds(bench.select(servers, "onnx,echo"), seconds=1, rounds=2, out=tmp_path)
    assert result["failures"] == ["onnx, round 1: no free port", "onnx, round 2: no free port"]
    assert result["servers"] == {"onnx": [], "echo": [{"paths": {}}, {"paths": {}}]}
    assert (tmp_path / "bench.json").exists()
