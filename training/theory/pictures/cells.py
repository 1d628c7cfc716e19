"""Diagrams of one step of the LSTM, and of both forms of the GRU, with the weights at the arrows that they multiply."""

from pathlib import Path

from training.reporting.colours import ACCENT, INK, WARM
from training.theory.pictures.drawing import GREEN, PURPLE, Diagram, diagram

INPUT, STATE = 0.95, 1.6  # heights of the lines of x_t and h_{t−1} below the gates
GATE, MIDDLE, TOP = 2.9, 4.0, 5.3  # of gates, of the candidate's line, of the line of the memory


def lanes(draw: Diagram, until: float, state_from: float = STATE) -> None:
    """Draw the input, and its line and that of the state before, from which the gates read."""
    draw.arrow([(1.1, 0.55), (1.1, INPUT), (until, INPUT)], GREEN, head=False)
    draw.round((1.1, 0.4), "$x_t$", GREEN)
    draw.arrow([(0.75, state_from), (0.75, STATE), (until - 0.3, STATE)], ACCENT, head=False)


def gate(draw: Diagram, x: float, letter: str, activation: str = r"\sigma", colour: str = WARM) -> None:
    """Draw a gate, which reads the input by U and the state by W."""
    draw.arrow([(x, INPUT), (x, GATE - 0.35)], GREEN)
    draw.arrow([(x - 0.3, STATE), (x - 0.3, GATE - 0.35)], ACCENT)
    draw.dot((x, INPUT), GREEN)
    draw.dot((x - 0.3, STATE), ACCENT)
    draw.text((x + 0.08, 2.15), f"$U_{letter}$", GREEN, 10, "left")
    draw.text((x - 0.38, 2.15), f"$W_{letter}$", ACCENT, 10, "right")
    draw.box((x, GATE), rf"${activation}$", colour, (1.0, 0.66))


def lstm(path: Path) -> None:
    """The cell state goes straight through: multiplied by f_t, added to, and never by a weight."""
    with diagram(path, 10.4, 5.9) as draw:
        lanes(draw, 7.2)
        draw.arrow([(0.75, TOP), (10.0, TOP)], PURPLE, wide=True)
        for x, letter, activation in (
            (2.0, "f", r"\sigma"),
            (3.7, "i", r"\sigma"),
            (5.4, "g", r"\tanh"),
            (7.2, "o", r"\sigma"),
        ):
            gate(draw, x, letter, activation, GREEN if letter == "g" else WARM)
        draw.arrow([(2.0, GATE + 0.33), (2.0, TOP - 0.2)])
        draw.arrow([(3.7, GATE + 0.33), (3.7, MIDDLE), (4.35, MIDDLE)])
        draw.arrow([(5.4, GATE + 0.33), (5.4, MIDDLE), (4.75, MIDDLE)])
        draw.arrow([(4.55, MIDDLE + 0.2), (4.55, TOP - 0.2)])
        draw.arrow([(7.7, GATE), (8.5, GATE)])
        draw.arrow([(8.7, TOP), (8.7, 4.45)], PURPLE)
        draw.arrow([(8.7, 3.75), (8.7, GATE + 0.2)])
        draw.arrow([(8.9, GATE), (10.0, GATE)], ACCENT)
        draw.dot((8.7, TOP), PURPLE)
        draw.box((8.7, 4.1), r"$\tanh$", INK, (0.9, 0.6))
        for at, sign in (((2.0, TOP), "×"), ((4.55, TOP), "+"), ((4.55, MIDDLE), "×"), ((8.7, GATE), "×")):
            draw.operation(at, sign)
        for x, y, name, side in (
            (2.12, 3.5, "f_t", "left"),
            (3.58, 3.5, "i_t", "right"),
            (5.52, 3.5, "g_t", "left"),
            (8.1, 3.14, "o_t", "center"),
        ):
            draw.text((x, y), f"${name}$", side=side)
        ends(draw, "c_{t-1}", "c_t", PURPLE, TOP)
        draw.text((0.35, STATE), "$h_{t-1}$", ACCENT)
        draw.text((10.1, GATE), "$h_t$", ACCENT, side="left")


def ends(draw: Diagram, before: str, after: str, colour: str, y: float) -> None:
    draw.text((0.35, y), f"${before}$", colour)
    draw.text((10.1, y), f"${after}$", colour, side="left")


def gru(path: Path) -> None:
    """Keras' default: the reset gate multiplies what W_g and d_g made of the state."""
    with diagram(path, 10.4, 5.9) as draw:
        body(draw)
        draw.arrow([(0.75, MIDDLE), (1.2, MIDDLE)], ACCENT)
        draw.arrow([(3.0, MIDDLE), (3.5, MIDDLE)], ACCENT)
        draw.arrow([(3.9, MIDDLE), (4.7, MIDDLE)], ACCENT)
        draw.box((2.1, MIDDLE), "$W_g h_{t-1} + d_g$", ACCENT, (1.8, 0.66))


def gru_reset_before(path: Path) -> None:
    """As published: the reset gate multiplies the state, and W_g reads the product."""
    with diagram(path, 10.4, 5.9) as draw:
        body(draw)
        draw.arrow([(0.75, MIDDLE), (3.5, MIDDLE)], ACCENT)
        draw.arrow([(3.9, MIDDLE), (4.7, MIDDLE)], ACCENT)
        draw.text((4.3, MIDDLE + 0.25), "$W_g$", ACCENT, 10)


def body(draw: Diagram) -> None:
    """Draw what both forms share: the gates, the candidate, and the mixture of the old state with it."""
    lanes(draw, 7.4, TOP)
    draw.arrow([(0.7, TOP), (10.0, TOP)], ACCENT, wide=True)
    draw.dot((0.75, TOP), ACCENT)
    draw.dot((0.75, MIDDLE), ACCENT)
    gate(draw, 3.7, "r")
    gate(draw, 7.4, "z")
    draw.arrow([(5.2, INPUT), (5.2, MIDDLE - 0.33)], GREEN)
    draw.dot((5.2, INPUT), GREEN)
    draw.text((5.28, 2.15), "$U_g$", GREEN, 10, "left")
    draw.arrow([(3.7, GATE + 0.33), (3.7, MIDDLE - 0.2)])
    draw.arrow([(5.7, MIDDLE), (8.5, MIDDLE)])
    draw.arrow([(7.4, GATE + 0.33), (7.4, TOP - 0.2)])
    draw.arrow([(7.9, GATE), (8.7, GATE), (8.7, MIDDLE - 0.2)])
    draw.arrow([(8.7, MIDDLE + 0.2), (8.7, TOP - 0.2)])
    draw.box((5.2, MIDDLE), r"$\tanh$", GREEN, (1.0, 0.66))
    draw.text((8.82, 3.3), "$1 - z_t$", side="left")
    draw.text((7.52, 3.5), "$z_t$", side="left")
    draw.text((3.82, 3.5), "$r_t$", side="left")
    draw.text((6.4, MIDDLE + 0.22), "$g_t$")
    for at, sign in (((3.7, MIDDLE), "×"), ((7.4, TOP), "×"), ((8.7, MIDDLE), "×"), ((8.7, TOP), "+")):
        draw.operation(at, sign)
    ends(draw, "h_{t-1}", "h_t", ACCENT, TOP)
