"""Runs the code cells of a notebook in order, in this process, without Jupyter.

`python tests/notebooks.py FILE` runs them; with `--write` it stores what they print, show and draw in the file. The working
directory is that of the notebook, and `gatecast` must be importable.
"""

import ast
import base64
import contextlib
import io
import json
import os
import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")
from matplotlib import pyplot as plt

PICTURE_DPI = 60


def run(notebook: dict[str, Any]) -> None:
    """Run every code cell, and give it the outputs that it has now."""
    names: dict[str, Any] = {"__name__": "__main__"}
    count = 0
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            count += 1
            cell["execution_count"] = count
            cell["outputs"] = _outputs("".join(cell["source"]), names, count)


def _outputs(source: str, names: dict[str, Any], count: int) -> list[dict[str, Any]]:
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        value = _run(source, names)
    outputs: list[dict[str, Any]] = []
    if printed.getvalue():
        outputs.append({"output_type": "stream", "name": "stdout", "text": _lines(printed.getvalue())})
    if value is not None:
        outputs.append(
            {"output_type": "execute_result", "execution_count": count, "metadata": {}, "data": _shown(value)}
        )
    outputs += [
        {"output_type": "display_data", "metadata": {}, "data": _picture(number)} for number in plt.get_fignums()
    ]
    plt.close("all")
    return outputs


def _run(source: str, names: dict[str, Any]) -> Any:
    """Run a cell; return the value of its last line, if that is an expression."""
    tree = ast.parse(source)
    last = tree.body[-1] if tree.body else None
    if not isinstance(last, ast.Expr):
        exec(compile(tree, "<cell>", "exec"), names)
        return None
    exec(compile(ast.Module(tree.body[:-1], []), "<cell>", "exec"), names)
    return eval(compile(ast.Expression(last.value), "<cell>", "eval"), names)


def _shown(value: Any) -> dict[str, Any]:
    data: dict[str, Any] = {"text/plain": _lines(repr(value))}
    if hasattr(value, "_repr_html_"):
        data["text/html"] = _lines(value._repr_html_())
    return data


def _picture(number: int) -> dict[str, Any]:
    file = io.BytesIO()
    plt.figure(number).savefig(file, format="png", dpi=PICTURE_DPI, bbox_inches="tight")
    return {"image/png": base64.b64encode(file.getvalue()).decode(), "text/plain": ["<Figure>"]}


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)


def main(arguments: list[str]) -> None:
    """Run a notebook; store its outputs if asked to."""
    path = Path(arguments[0]).resolve()
    notebook = json.loads(path.read_text())
    os.chdir(path.parent)
    run(notebook)
    if "--write" in arguments:
        path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
