"""What the universal network learns from; no Keras here, so that batches are made without loading TensorFlow."""

from typing import NamedTuple

from service.interfaces import Inputs


class Batch(NamedTuple):
    """`readings` (rows, time, 7), `steps` (rows, steps, 18), `target` (rows, steps) in units of each row's scale."""

    readings: Inputs
    steps: Inputs
    target: Inputs
