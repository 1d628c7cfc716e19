"""No regular expression of the service takes more than linear time, whatever text a caller sends."""

import ast
import importlib
import re
from pathlib import Path
from typing import NamedTuple

import pytest

import service
from service.artifacts import standardization
from tests.patterns import find_superlinear

pytestmark = pytest.mark.no_cover  # the proofs run nothing of the service, and counting lines doubles their time

ROOT = Path(service.__file__).parent
# they see variables of the operator, and pages of FastAPI
NOT_OF_CALLERS = ("environment.py", "http/routes/pages.py")
RULES_FILE = "artifacts/standardization.py"  # compiles the patterns of its rules; they have a test of their own
SCANS = {"search", "sub", "subn", "finditer", "findall", "split", "scanner"}
FUNCTIONS = SCANS | {"compile", "match", "fullmatch"}


class Use(NamedTuple):
    """A call of the module re: which function, with which pattern, and the name that a compiled pattern gets."""

    where: str
    function: str
    pattern: str | bytes
    flags: int
    name: str | None


def trees():
    return {path: ast.parse(path.read_text()) for path in sorted(ROOT.rglob("*.py"))}


def flags_of(node):
    """re.A | re.B → their value."""
    if isinstance(node, ast.BinOp):
        return flags_of(node.left) | flags_of(node.right)
    assert isinstance(node, ast.Attribute), "write flags as re.NAME | re.NAME"
    return int(getattr(re, node.attr))


def value_of(node, path):
    """The value of an expression of literals and constants of its module."""
    module = importlib.import_module(".".join(path.relative_to(ROOT.parent).with_suffix("").parts))
    return eval(compile(ast.Expression(node), path.name, "eval"), vars(module))


def uses_in(path, tree):
    names = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Call):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            names[node.value] = getattr(target, "id", getattr(target, "attr", None))
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            assert node.module not in ("re", "regex"), f"{path}: write `import re`, so that its use is found"
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or node.func.attr == "escape":
            continue
        if not isinstance(node.func.value, ast.Name) or node.func.value.id != "re":
            continue
        where = f"{path.relative_to(ROOT)}:{node.lineno}"
        function = node.func.attr
        assert function in FUNCTIONS, where
        if isinstance(node.args[0], ast.Call) and path.relative_to(ROOT).as_posix() == RULES_FILE:
            continue
        pattern = value_of(node.args[0], path)
        assert isinstance(pattern, str | bytes), f"{where}: write the pattern as a constant, so that it can be proven"
        flags = [keyword.value for keyword in node.keywords if keyword.arg == "flags"]
        flags += node.args[1:2] if function == "compile" else []
        yield Use(where, function, pattern, flags_of(flags[0]) if flags else 0, names.get(node))


ALL_TREES = trees()
USES = [
    use
    for path, tree in ALL_TREES.items()
    if path.relative_to(ROOT).as_posix() not in NOT_OF_CALLERS
    for use in uses_in(path, tree)
]


def methods_called_on(name):
    """The methods that are called on a compiled pattern of this name, anywhere in the service."""
    return {
        node.attr
        for tree in ALL_TREES.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and getattr(node.value, "id", getattr(node.value, "attr", None)) == name
    }


def is_anchored(use):
    """Whether a pattern is only matched from the start of a text."""
    called = {use.function} if use.function != "compile" else methods_called_on(use.name) if use.name else set()
    return bool(called) and called <= {"match", "fullmatch", "pattern", "flags"}


@pytest.mark.parametrize("use", USES, ids=lambda use: use.where)
def test_every_pattern_is_proven_to_scan_in_linear_time(use):
    assert find_superlinear(use.pattern, use.flags, anchored=is_anchored(use)) == []


@pytest.mark.parametrize("rule", standardization.RULES, ids=lambda rule: rule.pattern[:40])
def test_every_rule_for_texts_is_proven_to_scan_in_linear_time(rule):
    """The names of HTML elements are a constant number of words, so two of them stand for all."""
    pattern = rule.pattern.replace(standardization.ELEMENTS, "a|h[1-6]").replace("$", "\\Z")
    assert find_superlinear(pattern) == []


def test_the_patterns_of_texts_are_among_those_that_were_found():
    """The scan would be worthless if it found none."""
    assert {"_HAS_EMOTICON", "_SEPARATORS", "WORD", "WIDE_SPACES", "BREAK_TAGS"} <= {use.name for use in USES}


@pytest.mark.parametrize(
    "pattern",
    [
        r"<\s*/?\s*[a-z][^<>]*>",  # two repeats of spaces in a row
        r"<[^>]*>",  # is begun again where it repeats
        r"\s+$",
        r"[^ ]+x",
        r"(?:a+)+b",
        r"(?:a|a)*b",
        r"(?:ab|ac)*d",
        r"a*a*b",
        r"(?:a?)*b",
        r".*?x",
        r"(a*)\1",
        r"x(?=a*b)",
        r"(?i:a*)",
        r"a{0,9}a{0,9}a{0,9}b",
        r"(?:xy?y?)*z",
        r"a{0,20000}b",
        r"(?m)^a*b",
    ],
)
def test_patterns_that_take_longer_are_refused(pattern):
    assert find_superlinear(pattern) != []


@pytest.mark.parametrize(
    ("pattern", "anchored"),
    [
        (r"[^ ]+", False),
        (r"<[^<>]*>", False),
        (r"[\x80-\xbf]", False),
        (r"<\s*+(?:/\s*+)?[a-z][^<>]*+>", False),
        (r"#[a-z0-9]+(?:-[a-z0-9]+)*", False),
        (r"\A\s*x", False),
        (r"[a-z]+(?:-[a-z]+)*", True),
        (r"[a-z]++(?:-++[a-z]++)*+", False),
        (r"[a-z]+;", True),
        (r"'[^']*'", False),
        (r"\d{4}-\d{2}-\d{2}", False),
        (rb"[A-Za-z0-9._:\-]{1,128}", True),
    ],
)
def test_patterns_of_linear_time_are_proven(pattern, anchored):
    assert find_superlinear(pattern, anchored=anchored) == []
