"""Compile versions that are there already: the SavedModel stays as it is, `compiled/` is put beside it.

    python -m training.compile                        # every version of models/ without a compiled form
    python -m training.compile models/gru/1           # this one, again if need be

Training does it for every version that it exports; this is for those that have none, or a stale one.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")


from service.artifacts import onnx
from service.artifacts.files import BundleError
from training.export.onnx_graph import CannotCompile
from training.export.restore import compile_version
from training.networks import (
    decomposition,  # noqa: F401 - their layers are known to Keras once they are imported
)


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m training.compile", description="Compile exported versions.")
    parser.add_argument("versions", type=Path, nargs="*", help="version directories (default: all without)")
    parser.add_argument("--models-dir", type=Path, default=Path("models"), help="(default: %(default)s)")
    options = parser.parse_args(argv)
    without = [p.parent for p in sorted(options.models_dir.glob("*/*/SHA256SUMS")) if not onnx.exists(p.parent)]
    failed = False
    for path in options.versions or without:
        try:
            compile_version(path)
            print(f"{path / onnx.DIRECTORY}: written and proven")
        except (BundleError, CannotCompile) as error:
            print(f"error: {path}: {error}", file=sys.stderr)
            failed = True
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
