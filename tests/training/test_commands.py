"""What holds for every command of training/: `python -m NAME`."""

import importlib

import pytest

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    "name",
    [
        "training.forecast.__main__",
        "training.sentiment.__main__",
        "training.sentiment.ablation.__main__",
        "training.universal.__main__",
        "training.backtest",
        "training.compile",
        "training.theory.__main__",
        "training.zero_shot.__main__",
    ],
)
def test_every_command_prints_its_help(name, capsys):
    """A percent sign in a help text once made --help itself fail."""
    script = importlib.import_module(name)
    with pytest.raises(SystemExit) as ended:
        script.main(["--help"])
    assert ended.value.code == 0
    assert "usage:" in capsys.readouterr().out
