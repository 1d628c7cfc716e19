"""The colours of pages: readable in light and in dark."""

import pytest

from training.reporting import colours

SIDES = {"light": 0, "dark": 1}


def luminance(colour):
    """The relative luminance of WCAG."""
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    """The contrast of WCAG, from 1 to 21."""
    darker, lighter = sorted(luminance(colour) for colour in (one, other))
    return (lighter + 0.05) / (darker + 0.05)


def mixed(colour, page, share):
    """What color-mix gives of two colours."""
    parts = [round(int(colour[i : i + 2], 16) * share + int(page[i : i + 2], 16) * (1 - share)) for i in range(1, 7, 2)]
    return "#" + "".join(f"{part:02x}" for part in parts)


@pytest.mark.parametrize("side", SIDES)
def test_letters_stand_out(side):
    """Text needs a contrast of 4.5, also on the darkest cell of a confusion table."""
    pick = {name: pair[SIDES[side]] for name, pair in colours.PALETTE.items()}
    for text, grounds in {"ink": ("page", "panel"), "muted": ("page", "panel"), "accent": ("page",)}.items():
        assert all(contrast(pick[text], pick[ground]) >= 4.5 for ground in grounds)
    for shade in ("accent", "green"):
        assert contrast(pick["ink"], mixed(pick[shade], pick["page"], 0.45)) >= 4.5


@pytest.mark.parametrize("side", SIDES)
def test_lines_of_data_stand_out(side):
    """Graphics need a contrast of 3."""
    pick = {pair[0]: pair[SIDES[side]] for pair in colours.PALETTE.values()}
    assert all(contrast(pick[line], pick[colours.PAGE]) >= 3 for line in colours.LINES)


def test_every_colour_of_the_palette_is_a_variable_on_both_sides():
    """A colour that lacks a variable would stay as it is on a dark page."""
    assert set(colours.LINES) <= set(colours.VARIABLES)
    assert len(colours.VARIABLES) == len(colours.PALETTE)
    assert colours.css().count("--ink:") == 2
