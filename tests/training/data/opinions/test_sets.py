"""The table of the sets."""

from training.data.opinions.layout import CLASSES
from training.data.opinions.sets import SETS


def test_every_set_is_described():
    """Names are unique, judgements are shares, and a class that alone is used exists."""
    assert len({each.name for each in SETS}) == len(SETS)
    assert all(0.5 < each.quality <= 1 and each.weight > 0 for each in SETS)
    assert all(each.only in (None, *CLASSES) for each in SETS)
    assert all(each.home and each.label_quality and each.domain for each in SETS)
