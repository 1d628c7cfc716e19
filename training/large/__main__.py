"""Ask a large teacher for its opinion of all texts, and keep it for training.sentiment.

    python -m training.large --data my.csv --unlabelled more.csv --out runs/opinion.npz
    python -m training.sentiment --data my.csv --unlabelled more.csv --start none --opinion runs/opinion.npz

Language models learn from all texts but those of the validation and the test part, and one judge a fold from the labels of
the others. For a GPU: `pip install "jax[cuda13]" optax` beside what training takes; on a CPU, give small numbers.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from training import opinion, sentiment
from training.data import DataError
from training.large import teacher
from training.large.language import Size
from training.material import gather


def main(argv: Sequence[str] | None = None) -> int:
    parser = sentiment.texts_parser("python -m training.large", "A large teacher's opinion of texts.")
    add, size = parser.add_argument, Size()
    add("--out", type=Path, default=Path("runs/opinion.npz"), help="(default: %(default)s)")
    add("--vocabulary", type=int, default=sentiment.VOCABULARY, help="words that are told apart (default: %(default)s)")
    add("--pretraining", type=int, default=5, help="epochs of the language models (default: %(default)s)")
    add("--epochs", type=int, default=3, help="of the judges (default: %(default)s)")
    add("--units", type=int, default=size.units, help="of every layer (default: %(default)s)")
    add("--layers", type=int, default=size.layers, help="(default: %(default)s)")
    options = parser.parse_args(argv)
    try:
        if min(options.pretraining, options.units, options.layers) < 1:
            raise DataError("--pretraining, --units and --layers are at least 1")
        material = gather(options)
        size = Size(units=options.units, layers=options.layers)
        texts = teacher.read(material, options.vocabulary)
        found = teacher.ask(texts, opinion.of(material), size, options.pretraining, options.epochs, Console())
    except DataError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    found.keep(options.out)
    print(options.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
