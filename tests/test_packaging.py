"""The wheel: what `pip install .` puts into an environment."""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_pip_install_puts_one_package_and_its_data_into_an_environment(tmp_path):
    """`pip install .` installs `gatecast`, with every module of service/ and the files that are no modules, and nothing else."""
    source, target = tmp_path / "source", tmp_path / "target"
    for name in ("service", "training", "benchmarks", "models/README.md", "pyproject.toml", "README.md", "LICENSE"):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copyfile
        copy(ROOT / name, source / name)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-deps"]
    subprocess.run([*pip, "--no-build-isolation", "--target", target, source], check=True, timeout=120)
    installed = {path.name for path in target.iterdir() if not path.name.endswith(".dist-info")}
    assert installed == {"gatecast", "bin"}
    assert _files(target / "gatecast") == _files(ROOT / "service")


def _files(package: Path) -> set[str]:
    return {str(path.relative_to(package)) for path in package.rglob("*") if path.is_file() and path.suffix != ".pyc"}
