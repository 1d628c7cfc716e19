"""What the report says in words."""

import numpy as np
import pytest

pytestmark = pytest.mark.slow  # the wording knows the results of a run, and with them TensorFlow


def test_a_difference_of_paired_answers_has_a_standard_error():
    from training.sentiment.report.wording import difference

    gain, error = difference(np.array([1, 1, 1, 0]), np.array([1, 0, 0, 0]))
    assert gain == pytest.approx(0.5)
    assert error == pytest.approx(0.25)
