"""The scaler of a forecaster."""

import numpy as np
import pytest

from service.artifacts.scaler import MinMax


def test_scaling_is_reversible():
    scaler = MinMax(-3, 7)
    assert scaler.transform(np.array([-3.0, 7.0])).tolist() == [0, 1]
    assert scaler.inverse(scaler.transform(np.array([5.5]))).tolist() == pytest.approx([5.5])
    assert MinMax.from_dict(scaler.to_dict()) == scaler


@pytest.mark.parametrize(("minimum", "maximum"), [(1, 1), (2, 1), (float("nan"), 1), (0, float("inf"))])
def test_bounds_that_are_not_finite_and_ascending_are_refused(minimum, maximum):
    with pytest.raises(ValueError, match="finite minimum < maximum"):
        MinMax(minimum, maximum)


@pytest.mark.parametrize(
    "content",
    [
        {"kind": "standard", "minimum": 0, "maximum": 1},
        {"kind": "min_max", "minimum": 0},
        {"kind": "min_max", "minimum": 0, "maximum": 1, "more": 1},
        {"kind": "min_max", "minimum": False, "maximum": 1},
        {"kind": "min_max", "minimum": "0", "maximum": 1},
    ],
)
def test_a_file_of_another_form_is_no_scaler(content):
    with pytest.raises(ValueError, match=r"expected the keys|must be numbers"):
        MinMax.from_dict(content)
