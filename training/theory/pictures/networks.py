"""Diagrams of networks over time: unrolled, the way of a gradient, both directions, an output at one step or at all."""

from pathlib import Path

from training.reporting.colours import ACCENT, INK, SOFT, WARM
from training.theory.pictures.drawing import GREEN, MUTED, PURPLE, Diagram, diagram


def column(draw: Diagram, x: float, step: str, *, writes: bool = True, mark: str = "") -> None:
    """Draw one step: the input below, the state, the output above, with U and V on the arrows. `mark` follows each letter."""
    draw.arrow([(x, 0.89), (x, 1.75)], GREEN)
    draw.text((x + 0.12, 1.27), f"$U{mark}$", GREEN, side="left")
    draw.round((x, 0.55), f"$x_{{{step}}}{mark}$", GREEN)
    draw.box((x, 2.1), f"$h_{{{step}}}{mark}$", ACCENT)
    if writes:
        draw.arrow([(x, 2.45), (x, 3.31)], PURPLE)
        draw.text((x + 0.12, 2.83), "$V$", PURPLE, side="left")
        draw.round((x, 3.65), f"$o_{{{step}}}$", PURPLE)


def onward(draw: Diagram, x: float, until: float, mark: str = "") -> None:
    """Draw an arrow from state to state, with W on it."""
    draw.arrow([(x, 2.1), (until, 2.1)], WARM)
    draw.text(((x + until) / 2, 2.32), f"$W{mark}$", WARM)


def unrolled(path: Path) -> None:
    """The network folded, with its loop, and unrolled over three steps: U reads, W carries on, V writes."""
    with diagram(path, 9.8, 4.5) as draw:
        column(draw, 0.8, "t")
        draw.arrow([(1.25, 2.28), (1.9, 2.28), (1.9, 1.92), (1.25, 1.92)], WARM)
        draw.text((2.05, 2.1), "$W$", WARM, side="left")
        draw.text((1.27, 1.65), "one step later", MUTED, 8, "left")
        draw.text((0.8, 4.28), "folded", MUTED)
        draw.text((3.2, 2.1), r"$\longrightarrow$", INK, 16)
        onward(draw, 4.0, 4.85)
        for number, step in enumerate(("t-1", "t", "t+1")):
            x = 5.3 + 1.7 * number
            column(draw, x, step)
            onward(draw, x + 0.45, x + 1.25 if number < 2 else x + 1.0)
        draw.text((7.0, 4.28), "unrolled: the same $U$, $W$ and $V$ at every step", MUTED)


def gradient_flow(path: Path) -> None:
    """How E_3 reaches W: a product of Jacobians back to each step, and there the immediate derivative."""
    with diagram(path, 9.8, 5.5) as draw:
        draw.box((4.9, 0.5), r"$\partial E_3 / \partial W$ is the sum of what comes down", WARM, (7.6, 0.6))
        for t in range(5):
            x, used = 0.9 + 2.0 * t, t <= 3
            colour = ACCENT if used else SOFT
            if t < 4:
                draw.arrow([(x + 0.45, 3.3), (x + 1.55, 3.3)], SOFT)
            if t:
                draw.arrow([(x, 3.65), (x, 4.46)], SOFT)
                draw.round((x, 4.8), f"$E_{t}$", PURPLE if t == 3 else SOFT)
            draw.box((x, 3.3), f"$h_{t}$", colour)
            if 0 < t <= 3:
                draw.arrow([(x, 2.95), (x, 0.8)], WARM, wide=True)
                draw.text((x + 0.12, 1.75), rf"$\frac{{\partial^{{+}} h_{t}}}{{\partial W}}$", WARM, 15, "left")
            if 1 < t <= 3:
                draw.arrow([(x - 0.45, 3.12), (x - 1.55, 3.12)], WARM, wide=True)
                draw.text((x - 1.0, 2.66), rf"$\frac{{\partial h_{t}}}{{\partial h_{t - 1}}}$", WARM, 15)
        draw.arrow([(6.75, 4.46), (6.75, 3.65)], WARM, wide=True)
        draw.text((6.66, 4.06), r"$\frac{\partial E_3}{\partial h_3}$", WARM, 15, "right")
        draw.text((0.9, 2.72), "start: no $W$\nstands in it", MUTED, 8)
        draw.text((8.9, 2.72), "$E_3$ does not\nread $h_4$", MUTED, 8)


def bidirectional(path: Path) -> None:
    """Two cells over one sequence; the bold states are those that are merged if only the last output is wanted."""
    with diagram(path, 9.8, 5.6) as draw:
        for t in range(1, 5):
            x = 1.6 + 2.2 * (t - 1)
            ahead, back = (x - 0.45, 1.85), (x + 0.45, 3.15)
            draw.arrow([(x - 0.2, 0.83), (x - 0.45, 1.5)], GREEN)
            draw.arrow([(x + 0.2, 0.83), (x + 0.45, 2.8)], GREEN)
            draw.arrow([(ahead[0], 2.2), (x - 0.2, 4.2)], PURPLE)
            draw.arrow([(back[0], 3.5), (x + 0.2, 4.2)], PURPLE)
            if t < 4:
                draw.arrow([(ahead[0] + 0.45, 1.85), (ahead[0] + 1.75, 1.85)], ACCENT)
                draw.arrow([(back[0] + 1.75, 3.15), (back[0] + 0.45, 3.15)], WARM)
                draw.text((ahead[0] + 1.25, 2.11), r"$\overrightarrow{W}$", ACCENT)
                draw.text((back[0] + 0.95, 3.41), r"$\overleftarrow{W}$", WARM)
            draw.text((x - 0.45, 1.12), r"$\overrightarrow{U}$", GREEN, side="right")
            draw.text((x + 0.36, 1.12), r"$\overleftarrow{U}$", GREEN, side="left")
            draw.round((x, 0.55), f"$x_{t}$", GREEN)
            draw.box(ahead, rf"$\overrightarrow{{h}}_{t}$", ACCENT, bold=t == 4)
            draw.box(back, rf"$\overleftarrow{{h}}_{t}$", WARM, bold=t == 1)
            draw.box((x, 4.55), f"$h_{t}$", PURPLE, (1.1, 0.7))
        draw.text((4.9, 5.3), "merged at each step: concat, sum, ave or mul", MUTED)


def time_distributed(path: Path) -> None:
    """Many to one: V writes once, at the last step. Many to many: the same V writes at every step."""
    with diagram(path, 9.8, 5.1) as draw:
        for left, writes, title in (
            (0.6, (3,), "many to one: Dense"),
            (5.65, (1, 2, 3), "many to many: TimeDistributed(Dense)"),
        ):
            for t in (1, 2, 3):
                x = left + 1.6 * (t - 1) + 0.1
                column(draw, x, str(t), writes=t in writes)
                if t < 3:
                    onward(draw, x + 0.45, x + 1.15)
                if t in writes:
                    draw.text((x, 4.25), rf"target $x_{{{t + 1}}}$", MUTED, 9)
            draw.text((left + 1.7, 4.8), title, MUTED)
