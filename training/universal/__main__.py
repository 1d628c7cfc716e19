"""Train the universal forecaster: one small recurrent network, on synthetic series alone, for any series.

    python -m training.universal --directory runs/universal    # an hour of one core; goes on where it stopped

and writes it to models/ as the next version of `universal`.

An encoder of two GRU layers reads the context, a third GRU layer runs over the steps asked for, with what simple
forecasts say of each (service/forecast/context_features.py), and gives nine quantiles of every step at once: none is fed back. The loss
is the mean pinball loss in units of the series' own seasonal difference. Batch n is made from (seed, n) alone, so a
run that was interrupted goes on with the batches that it would have had.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")


from training.universal.batches import BATCH
from training.universal.fitting import train

STEPS = 8_000
SEED = 0


def arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m training.universal", description=str(__doc__).split("\n")[0])
    add = parser.add_argument
    add("--directory", type=Path, required=True, help="for checkpoints and the log")
    add("--steps", type=int, default=STEPS, help=f"batches of {BATCH} series (default: %(default)s)")
    add("--seed", type=int, default=SEED, help="(default: %(default)s)")
    add("--models-dir", type=Path, default=Path("models"), help="(default: %(default)s)")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    from training.universal.export import export  # it knows this module

    options = arguments(argv)
    model = train(options.directory, options.seed, options.steps)
    print("wrote", export(model, options.seed, options.steps, options.models_dir))
    return 0


if __name__ == "__main__":
    sys.exit(main())
