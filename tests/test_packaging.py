"""The wheel: what `pip install .` puts into an environment, and that it works there alone."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import service

ROOT = Path(__file__).parents[1]
MODELS = ROOT / "models"
# an environment without TensorFlow: importing it fails as it does where it is not installed
NO_TENSORFLOW = "import sys; sys.modules.update(tensorflow=None, keras=None)\n"


@pytest.fixture
def run(installed_wheel, tmp_path):
    """Run code in a fresh process that finds the installed package and not the repository: run(code) → what it prints."""

    def run_code(code: str, *arguments: str) -> str:
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith(("GATECAST_", "PYTHON"))
        }
        environment |= {"PYTHONPATH": str(installed_wheel), "GATECAST_MODELS_DIR": str(MODELS)}
        done = subprocess.run(
            [sys.executable, "-c", f"MODELS = {str(MODELS)!r}\n{NO_TENSORFLOW}{code}", *arguments],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run_code


def test_pip_install_puts_one_package_and_its_data_into_an_environment(installed_wheel):
    """`pip install .` installs `gatecast`, with every module of service/ and the files that are no modules, and nothing else."""
    installed = {path.name for path in installed_wheel.iterdir() if not path.name.endswith(".dist-info")}
    assert installed == {"gatecast", "bin"}
    assert _files(installed_wheel / "gatecast") == _files(ROOT / "service")


def test_every_package_is_listed():
    """A directory of service/ that pyproject.toml does not name would be left out of the wheel."""
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    found = (path.parent.relative_to(ROOT / "service").parts for path in (ROOT / "service").rglob("__init__.py"))
    assert sorted(listed) == sorted(".".join(["gatecast", *parts]) for parts in found)


def test_the_installed_package_is_typed_and_says_its_version(installed_wheel, run):
    """Type checkers read its annotations, and the version is the distribution's."""
    assert (installed_wheel / "gatecast" / "py.typed").is_file()
    versions = run(
        "import gatecast, importlib.metadata as m; print(gatecast.__version__, m.version('gatecast'))"
    ).split()
    assert versions == [service.__version__] * 2


def test_the_installed_package_forecasts_and_judges_without_tensorflow_and_the_repository(run):
    """Series, anomalies and texts; the repository's own name is not there."""
    answers = run(
        "import gatecast, importlib.util\n"
        "model, readings = gatecast.load(MODELS + '/universal'), [float(n % 12) + n / 50 for n in range(60)]\n"
        "print(len(model.forecast(readings, 3)), len(model.anomalies(readings, last=2)))\n"
        "print(gatecast.load(MODELS + '/sentiment').sentiment('A superb film.')['label'][0])\n"
        "print(gatecast.TextScoring(MODELS + '/sentiment').schema()[0].name)\n"
        "print(importlib.util.find_spec('service'))"
    )
    assert answers.split("\n") == ["3 2", "positive", "label", "None", ""]


def test_the_installed_service_checks_its_models_without_tensorflow(run):
    """`python -m gatecast --check` loads every model that the repository ships."""
    checked = run("import runpy; sys.argv[1:] = ['--check']; runpy.run_module('gatecast', run_name='__main__')")
    assert "universal" in checked


def _files(package: Path) -> set[str]:
    return {str(path.relative_to(package)) for path in package.rglob("*") if path.is_file() and path.suffix != ".pyc"}
