"""The colours of pages and pictures: each has a value for light and one for dark, and the same name in CSS."""

PAGE = "#ffffff"
INK, ACCENT, SOFT, WARM, GRID = "#1f2933", "#0b6e99", "#9fb3c8", "#c2571a", "#e4e7eb"
LINES = (INK, ACCENT, WARM, "#3d7a4b", "#8a5a9e", "#8a6d00", "#b8336a", "#00796b", "#66717d")

# name in CSS → on a light page, on a dark one; text has a contrast of 4.5 at least on both, lines of data one of 3
PALETTE = {
    "page": (PAGE, "#14191f"),
    "panel": ("#f3f6f9", "#1d242c"),
    "ink": (INK, "#e4e9ef"),
    "muted": ("#52606d", "#a9b4c0"),
    "accent": (ACCENT, "#5bb8e0"),
    "soft": (SOFT, "#5d7186"),
    "warm": (WARM, "#f0965a"),
    "grid": (GRID, "#2c3540"),
    "green": (LINES[3], "#7fc492"),
    "purple": (LINES[4], "#c79bdb"),
    "gold": (LINES[5], "#e0c04a"),
    "pink": (LINES[6], "#f08ab4"),
    "teal": (LINES[7], "#4fd1be"),
    "grey": (LINES[8], "#a3aeb9"),
}
VARIABLES = {light: f"var(--{name})" for name, (light, _) in PALETTE.items()}  # what stands for a colour of a picture


def css() -> str:
    """Return the variables of both; a printed page is always light."""
    light, dark = ("".join(f"--{name}:{pair[number]};" for name, pair in PALETTE.items()) for number in (0, 1))
    return (
        f":root{{color-scheme:light dark;{light}}}\n@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}\n"
    )
