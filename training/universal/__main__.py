"""Train the universal forecaster: one small recurrent network for any series, trained on synthetic series alone.

    python -m training.universal --directory runs/universal    # under an hour on two cores; goes on where it stopped

On a GPU, `KERAS_BACKEND=jax python -m training.universal --fit-only` trains in Keras on JAX, which needs no TensorFlow; the
command goes on from the directory that it leaves. The command writes it to models/ as the next version of `universal`. With --validation, a file of real series (as
`make zero-shot` reads them) tells how wide the intervals must be.

An encoder of two GRU layers reads blocks of the context. A third GRU layer runs over the future steps; its inputs are
what simple forecasts give for each step (service/forecast/features/context_features.py). It gives nine quantiles of every step at
once, and none is fed back. The loss is the mean pinball loss in units of the series' own mean seasonal difference. Batch
n depends on (seed, n) alone, so a run that was interrupted goes on with the batches that it would have had.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

from training.universal.batches import BATCH
from training.universal.fitting import train


@dataclass(frozen=True)
class Options:
    """What the command line gives; `steps` is a number of batches."""

    directory: Path
    steps: int = 10_000
    seed: int = 0
    validation: tuple[Path, ...] = ()
    fit_only: bool = False
    models_dir: Path = Path("models")


def parse(argv: Sequence[str] | None) -> Options:
    parser = argparse.ArgumentParser(prog="python -m training.universal", description=str(__doc__).split("\n")[0])
    add = parser.add_argument
    add("--directory", type=Path, required=True, help="for checkpoints and the log")
    add("--steps", type=int, default=Options.steps, help=f"batches of {BATCH} series (default: %(default)s)")
    add("--seed", type=int, default=Options.seed, help="(default: %(default)s)")
    add("--validation", type=Path, nargs="+", help="files of real series, which tell the widths of the intervals")
    add("--fit-only", action="store_true", help="write no version; on another machine, the checkpoint is what counts")
    add("--models-dir", type=Path, default=Options.models_dir, help="(default: %(default)s)")
    values = vars(parser.parse_args(argv))
    return Options(**values | {"validation": tuple(values["validation"] or ())})


def main(argv: Sequence[str] | None = None) -> int:
    options = parse(argv)
    if options.fit_only:
        train(options.directory, options.seed, options.steps)
        return 0
    from training.data import sets  # these need more than Keras, which is all that --fit-only needs
    from training.universal.export import export

    validation = [each for path in options.validation for each in sets.read_json(path)]
    model = train(options.directory, options.seed, options.steps)
    print("wrote", export(model, options.seed, options.steps, options.models_dir, validation=validation))
    return 0


if __name__ == "__main__":
    sys.exit(main())
