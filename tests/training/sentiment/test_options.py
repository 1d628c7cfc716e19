"""The command line as dataclasses. No TensorFlow."""

from pathlib import Path

import pytest

from training.data.tables import DataError
from training.sentiment import options
from training.sentiment.options import DataOptions, NetworkOptions


def test_without_options_the_full_preset_is_run_on_the_default_reviews():
    parsed = options.parse([])
    assert (parsed.data, parsed.network) == (DataOptions(), NetworkOptions())
    assert parsed.preset is options.PRESETS["full"]
    assert parsed == options.TrainOptions(DataOptions(), NetworkOptions(), options.PRESETS["full"])


def test_every_option_has_its_field():
    line = (
        "--data a.csv --unlabelled b.csv --test-data c.csv --text-column t --label-column l --positive p --negative n"
    )
    line += " --opinions o --stars 2 4 --source s --test-source u --vocabulary 9 --epochs 2 --vectors v.npz"
    line += " --paragraphs d.npz --start none --preset quick --no-teacher --seeds 3 4 --models-dir m --report r"
    line += " --pictures i --ladder e.json"
    parsed = options.parse(line.split())
    assert parsed == options.TrainOptions(
        DataOptions(Path("a.csv"), Path("b.csv"), Path("c.csv"), "t", "l", "p", (2.0, 4.0), "s", "u", "n", Path("o")),
        NetworkOptions(9, 2, Path("v.npz"), Path("d.npz")),
        options.PRESETS["quick"],
        start="none",
        teacher=False,
        seeds=[3, 4],
        models_dir=Path("m"),
        report=Path("r"),
        pictures=Path("i"),
        ladder=Path("e.json"),
    )


@pytest.mark.parametrize("option", ["--epochs", "--vocabulary"])
def test_numbers_below_one_are_an_error(option):
    with pytest.raises(DataError, match="--epochs and --vocabulary are at least 1"):
        options.parse([option, "0"])
