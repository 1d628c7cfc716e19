"""The container's files: who runs in it, what it is called, what it may use, and its health check."""

import re
import socket
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from threading import Thread
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from service.http.lifecycle import Phase
from tests.connections import connected
from tests.patience import PATIENCE_S
from tests.ports import reserved_port
from tests.processes import ROOT

DOCKERFILE = (ROOT / "Dockerfile").read_text()
USER = "10001:10001"


@pytest.fixture(scope="module")
def container() -> dict[str, Any]:
    """The service of the compose file."""
    described: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]["gatecast"]
    return described


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


def stages() -> list[str]:
    """The Dockerfile's stages, from the FROM line of each."""
    return re.split(r"^(?=FROM )", DOCKERFILE, flags=re.MULTILINE)[1:]


def check_health(port: int) -> int:
    """The exit status of the health check, with more patience than it has with a service."""
    if not sys.platform.startswith("linux"):
        pytest.skip("the container is a Linux")
    environment = {"GATECAST_HOST": "127.0.0.1", "GATECAST_PORT": str(port), "PATH": "/usr/bin:/bin"}
    text = (ROOT / "healthcheck.sh").read_text()
    patient = text.replace("read -r -t 2 ", f"read -r -t {PATIENCE_S:.0f} ")
    assert patient != text
    return subprocess.run(["bash", "-c", patient], env=environment, stderr=subprocess.DEVNULL).returncode


def test_both_images_run_as_a_user_that_is_not_root_by_its_number(container):
    """Kubernetes cannot tell by a name that it is not root (`runAsNonRoot`)."""
    images = [stage for stage in stages() if "COPY --from=files" in stage]
    assert [re.findall(r"^USER (.*)$", stage, re.MULTILINE) for stage in images] == [[USER], [USER]]
    assert container["user"] == USER


def test_the_labels_are_those_of_the_project():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    labels = dict(re.findall(r'org\.opencontainers\.image\.([a-z.]+)="([^"]*)"', DOCKERFILE))
    expected = {
        "title": project["name"],
        "description": project["description"],
        "version": project["version"],
        "licenses": project["license"],
    }
    assert labels == expected | {"base.name": "${PYTHON_IMAGE}"}


def test_every_stage_is_built_on_the_one_base_that_can_be_pinned():
    bases = set(re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE))
    assert bases == {"${PYTHON_IMAGE}${PYTHON_DIGEST:+@${PYTHON_DIGEST}}", "base"}


def test_both_images_are_proven_and_compiled_in_the_same_way_without_the_time_of_the_build():
    """Bytecode of the usual kind holds the times of its sources, and files that are copied have those of a checkout."""
    images = [stage for stage in stages() if "COPY --from=files" in stage]
    first, second = (re.findall(r"^RUN (?:.*\\\n)*.*$", stage, re.MULTILINE)[0] for stage in images)
    assert first == second == "RUN sh prove_and_compile.sh"
    assert "--invalidation-mode unchecked-hash" in (ROOT / "deploy/prove_and_compile.sh").read_text()
    assert len(re.findall(r"--no-cache-dir --no-compile", DOCKERFILE)) == len(re.findall(r"-m pip ", DOCKERFILE)) == 2
    copied = [line for line in DOCKERFILE.splitlines() if line.startswith("COPY") and "requirements" not in line]
    assert all(line.endswith(" /out/ /") or " /out/app/" in line for line in copied), copied


def test_the_container_may_not_use_up_its_host(container):
    """Memory, processes, processors, files and log have limits; nothing can be written or gained."""
    assert container["read_only"]
    assert container["init"]
    assert container["cap_drop"] == ["ALL"]
    assert container["security_opt"] == ["no-new-privileges:true"]
    assert {"mem_limit", "pids_limit", "cpus", "ulimits", "stop_grace_period"} <= set(container)
    assert set(container["logging"]["options"]) == {"max-size", "max-file"}


def test_a_ready_service_is_healthy_and_one_that_is_about_to_stop_is_not(tmp_path):
    with connected(tmp_path) as running:
        assert check_health(running.port) == 0
        running.app.state.lifecycle.enter(Phase.ENDING)
        assert check_health(running.port) != 0


def test_a_port_without_a_service_is_not_healthy():
    with reserved_port() as port:
        assert check_health(port) != 0


@pytest.mark.parametrize(
    "reply",
    [b"", b"HTTP/1.1 500 Internal Server Error\r\n\r\n", b"SSH-2.0-OpenSSH_9.6\r\n"],
    ids=["none", "500", "SSH"],
)
def test_another_answer_is_not_healthy(listener, reply):
    def answer() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(1000)
            connection.sendall(reply)

    thread = Thread(target=answer)
    thread.start()
    assert check_health(listener.getsockname()[1]) != 0
    thread.join(PATIENCE_S)
