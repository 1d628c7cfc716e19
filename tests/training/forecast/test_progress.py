"""What a run says while it fits."""

import io

from rich.console import Console

from training.forecast import progress


def test_a_pipe_gets_plain_lines_with_count_and_time():
    """One for each thing that begins, and no control characters."""
    output = io.StringIO()
    with progress.steps(3, Console(file=output)) as steps:
        steps.begin("fitting gru")
        steps.advance()
        steps.begin("fitting lstm")
        steps.say("wrote [models]/gru")
    assert output.getvalue().splitlines() == [
        "[0:00, 0 of 3] fitting gru",
        "[0:00, 1 of 3] fitting lstm",
        "wrote [models]/gru",
    ]


def test_a_terminal_gets_a_bar_with_count_and_time_left():
    """The time left is unknown at first."""
    output = io.StringIO()
    with progress.steps(3, Console(file=output, force_terminal=True, width=80)) as steps:
        steps.begin("fitting gru")
        steps.advance()
    assert "1/3" in output.getvalue()
    assert "left" in output.getvalue()


def test_a_rough_time_is_in_words():
    """Seconds to tens, then minutes."""
    assert [progress.about(seconds) for seconds in (2, 44, 200)] == ["10 seconds", "40 seconds", "3 minutes"]
