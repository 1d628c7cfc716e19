"""Diagrams of several recurrent layers: on top of each other, and one that starts the next."""

from pathlib import Path

from training.reporting.colours import ACCENT, WARM
from training.theory.pictures.drawing import GREEN, MUTED, PURPLE, diagram
from training.theory.pictures.networks import column, onward

PRIME = r"^{\prime}"


def stacked(path: Path) -> None:
    """Two layers: the states of the lower one are the inputs of the upper one, at every step."""
    with diagram(path, 9.8, 5.7) as draw:
        for t in range(1, 5):
            x = 1.6 + 2.2 * (t - 1)
            draw.arrow([(x, 0.89), (x, 1.55)], GREEN)
            draw.arrow([(x, 2.25), (x, 3.05)], ACCENT)
            if t < 4:
                for y, layer in ((1.9, 1), (3.4, 2)):
                    draw.arrow([(x + 0.5, y), (x + 1.7, y)], WARM)
                    draw.text((x + 1.1, y + 0.25), f"$W^{{({layer})}}$", WARM)
            draw.text((x + 0.12, 1.2), "$U^{(1)}$", GREEN, side="left")
            draw.text((x + 0.12, 2.65), "$U^{(2)}$", ACCENT, side="left")
            draw.round((x, 0.55), f"$x_{t}$", GREEN)
            draw.box((x, 1.9), f"$h^{{(1)}}_{t}$", ACCENT, (1.0, 0.7))
            draw.box((x, 3.4), f"$h^{{(2)}}_{t}$", ACCENT, (1.0, 0.7))
        draw.arrow([(8.2, 3.75), (8.2, 4.61)], PURPLE)
        draw.text((8.32, 4.18), "$V$", PURPLE, side="left")
        draw.round((8.2, 4.95), "$o_4$", PURPLE)
        draw.text((1.1, 5.0), "the lower layer needs return_sequences=True", MUTED, side="left")


def encoder_decoder(path: Path) -> None:
    """An encoder reads; its last state is the start of a decoder, which writes."""
    with diagram(path, 9.8, 4.9) as draw:
        for number, step in enumerate(("1", "2", "3")):
            x = 1.0 + 1.55 * number
            column(draw, x, step, writes=False)
            if number < 2:
                onward(draw, x + 0.45, x + 1.1)
        draw.arrow([(4.55, 2.1), (5.65, 2.1)], PURPLE, wide=True)
        draw.text((5.1, 2.36), rf"$h_0{PRIME} = h_3$", PURPLE, 10)
        draw.text((5.1, 1.86), f"$W{PRIME}$", WARM)
        for number, step in enumerate(("1", "2", "3")):
            x = 6.1 + 1.55 * number
            column(draw, x, step, mark=PRIME)
            if number < 2:
                onward(draw, x + 0.45, x + 1.1, PRIME)
        draw.text((2.55, 4.6), "encoder", MUTED)
        draw.text((7.65, 4.6), "decoder, with weights of its own", MUTED)
