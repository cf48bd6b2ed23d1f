"""The syntax trees of the program, read once for all rules that look at them."""

import ast
import gc
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PLACES = ("talkhub", "migrations", "worker.py", "wsgi.py")
KINDS = (
    ast.AsyncFunctionDef,
    ast.Call,
    ast.Compare,
    ast.Constant,
    ast.Expr,
    ast.FunctionDef,
    ast.Import,
    ast.ImportFrom,
    ast.Module,
)
"""What rules look at: a third of all nodes."""


@cache
def trees() -> dict[str, ast.Module]:
    """Return the syntax trees of what is installed, by path."""
    files = [file for place in PLACES for file in [ROOT / place, *(ROOT / place).rglob("*.py")]]
    with _no_garbage():
        return {
            file.relative_to(ROOT).as_posix(): ast.parse(file.read_text())
            for file in files
            if file.suffix == ".py"
        }


@cache
def nodes() -> list[tuple[str, ast.AST]]:
    """Return the nodes that rules look at, with their modules."""
    with _no_garbage():
        return [
            (path, node)
            for path, tree in trees().items()
            for node in ast.walk(tree)
            if isinstance(node, KINDS)
        ]


@contextmanager
def _no_garbage() -> Iterator[None]:
    """Collect none: a million nodes that stay would be looked through again and again."""
    gc.disable()
    yield
    gc.freeze()
    gc.enable()
