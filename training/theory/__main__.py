"""Draw the pictures of docs/recurrent_networks.md.

python -m training.theory                            # all of them; the electric series is fetched
python -m training.theory --data my.csv              # with the series of a file, of months
python -m training.theory --diagrams                 # those that need no data and no TensorFlow
"""

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

from service.artifacts.files import BundleError
from training.data.errors import DataError
from training.data.series import fetch_series, read_series
from training.theory.pictures import cells, networks, plots, stacks

DIAGRAMS = {
    "unrolled": networks.unrolled,
    "gradient_flow": networks.gradient_flow,
    "bidirectional": networks.bidirectional,
    "time_distributed": networks.time_distributed,
    "stacked": stacks.stacked,
    "encoder_decoder": stacks.encoder_decoder,
    "lstm": cells.lstm,
    "gru": cells.gru,
    "gru_reset_before": cells.gru_reset_before,
    "activations": plots.activations,
    "gradients": plots.gradients,
}


@dataclass(frozen=True)
class Options:
    """What the command line gives; without `data` the electric series is fetched."""

    data: Path | None = None
    diagrams: bool = False
    pictures: Path = Path("docs/pictures")
    models_dir: Path = Path("models")


def parse(argv: Sequence[str] | None) -> Options:
    parser = argparse.ArgumentParser(prog="python -m training.theory", description=str(__doc__).split("\n")[0])
    add = parser.add_argument
    add("--data", type=Path, help="a file with the series of the gates' picture (default: the electric series)")
    add("--diagrams", action="store_true", help="only the pictures that need no data")
    add("--pictures", type=Path, default=Options.pictures, help="where they are written (default: %(default)s)")
    add("--models-dir", type=Path, default=Options.models_dir, help="(default: %(default)s)")
    return Options(**vars(parser.parse_args(argv)))


def main(argv: Sequence[str] | None = None) -> int:
    options = parse(argv)
    for name, draw in DIAGRAMS.items():
        draw(_file(options, name))
    try:
        return 0 if options.diagrams else _draw_gates(options)
    except (DataError, BundleError, ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


def _draw_gates(options: Options) -> int:
    series = read_series(options.data) if options.data else fetch_series()
    from training.networks.quiet import import_tensorflow

    import_tensorflow()
    from training.theory.pictures.series import gates
    from training.theory.shipped import read_core

    names = ("time_distributed", "gru")
    gates(_file(options, "gates"), series, {name: read_core(options.models_dir, name) for name in names})
    return 0


def _file(options: Options, name: str) -> Path:
    file = options.pictures / f"theory_{name}.png"
    print(file)
    return file


if __name__ == "__main__":
    sys.exit(main())
