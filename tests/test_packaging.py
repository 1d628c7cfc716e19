"""The wheel: what `pip install .` puts into an environment."""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_pip_install_puts_the_two_packages_and_their_data_into_an_environment(tmp_path):
    """`pip install .` installs service and training, with the files that are no modules, and nothing else."""
    source, target = tmp_path / "source", tmp_path / "target"
    for name in ("service", "training", "benchmarks", "models/README.md", "pyproject.toml", "README.md", "LICENSE"):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copyfile
        copy(ROOT / name, source / name)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-deps"]
    subprocess.run([*pip, "--no-build-isolation", "--target", target, source], check=True, timeout=120)
    installed = sorted(path.name for path in target.iterdir() if not path.name.endswith(".dist-info"))
    assert installed == ["service", "training"]
    for path in (ROOT / "training").rglob("*.json"):
        assert (target / path.relative_to(ROOT)).exists()
