"""Write the compiled form of versions that exist already: `compiled/` beside the SavedModel, which stays as it is.

    python -m training.compile                        # every version of models/ without a compiled form
    python -m training.compile models/gru/1           # this version, even if it has one

A training run does this for every version that it exports. The command is for versions whose compiled form is missing,
or belongs to another SavedModel.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

from service.artifacts import onnx
from service.artifacts.files import BundleError
from training.export.onnx_graph import CannotCompile
from training.export.restore import compile_version


@dataclass(frozen=True)
class Options:
    """What the command line gives; no `versions` means every version without a compiled form."""

    versions: Sequence[Path]
    models_dir: Path = Path("models")


def parse(argv: Sequence[str] | None) -> Options:
    parser = argparse.ArgumentParser(prog="python -m training.compile", description="Compile exported versions.")
    parser.add_argument("versions", type=Path, nargs="*", help="version directories (default: all without)")
    parser.add_argument("--models-dir", type=Path, default=Options.models_dir, help="(default: %(default)s)")
    return Options(**vars(parser.parse_args(argv)))


def main(argv: Sequence[str] | None = None) -> int:
    options = parse(argv)
    has_failed = False
    for path in options.versions or without_compiled_form(options.models_dir):
        try:
            compile_version(path)
            print(f"{path / onnx.DIRECTORY}: written and verified")
        except (BundleError, CannotCompile) as error:
            print(f"error: {path}: {error}", file=sys.stderr)
            has_failed = True
    return int(has_failed)


def without_compiled_form(models_dir: Path) -> list[Path]:
    """Return the version directories that have no compiled form, in order."""
    versions = (file.parent for file in sorted(models_dir.glob("*/*/SHA256SUMS")))
    return [path for path in versions if not onnx.exists(path)]


if __name__ == "__main__":
    sys.exit(main())
