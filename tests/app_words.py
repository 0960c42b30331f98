"""The words of the front end that go through `say`, read from its code."""

import ast
from pathlib import Path

APPS = Path(__file__).parent.parent / "apps"


def spoken(folder=APPS):
    """The English that each place says, and the places where it is not written out: two dicts from words to a place."""
    literal, computed = {}, {}
    for path in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            at = {"say": 0, "say_in": 1}.get(_name(node))
            if at is None or len(node.args) <= at:
                continue
            words, place = node.args[at], f"{path.relative_to(folder)}:{node.lineno}"
            if isinstance(words, ast.Constant) and isinstance(words.value, str):
                literal.setdefault(words.value, place)
            else:
                computed[ast.unparse(node)] = place
    return literal, computed


def _name(node):
    if not isinstance(node, ast.Call):
        return ""
    return node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
