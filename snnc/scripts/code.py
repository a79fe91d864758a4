"""Values as Python source, laid out as black would.

Text from a spec reaches a script only through `literal`, `identifier` and `comment`.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Sequence
from typing import Any, NamedTuple
from unicodedata import category

from snnc.diagnostics.wording import columns
from snnc.operators.call import Call, Ratio, Real

WIDTH = 88
#: Names that scripts import from where they are.
_SHORT = {"nengo.dists.Choice": "Choice"}


def width(text: str) -> int:
    """Return how many columns a text takes, as black counts them: two for East Asian characters."""
    if text.isascii():
        return len(text)
    return sum(columns(c) for c in text)


class Group(NamedTuple):
    """Code with items in brackets: `head` ends with the opening bracket, `tail` starts with the closing one."""

    head: str
    items: tuple[Code, ...]
    tail: str

    def __str__(self) -> str:
        return self.head + ", ".join(map(str, self.items)) + self.tail


class Chain(NamedTuple):
    """A call whose result is called: `first` makes what `second` calls."""

    first: Group
    second: Group

    def __str__(self) -> str:
        return f"{self.first}{self.second}"


Code = str | Group | Chain


def literal(value: Any) -> str:
    """Return a plain value, or a short tuple of such, as Python source."""
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, bool) or value is None:
        return repr(value)
    if isinstance(value, float):
        if value.is_integer() and abs(value) < 1e15:
            return repr(int(value))
        return repr(value).replace("e+", "e")  # as black has it
    if isinstance(value, int):
        return repr(value)
    if isinstance(value, tuple):
        items = ", ".join(map(literal, value))
        return f"({items},)" if len(value) == 1 else f"({items})"
    raise TypeError(f"no literal for a {type(value).__name__}")


def identifier(name: str) -> str:
    """Return a name, once it is sure that it is one."""
    if not name.isidentifier() or not name.isascii() or keyword.iskeyword(name):
        raise ValueError(f"{name!r} is no identifier")
    return name


def comment(text: str) -> str:
    """Return a text that can stand in a comment or a docstring: one line, and nothing that ends either."""
    line = " ".join(text.split())
    return (
        "".join(" " if category(c)[0] in "CZ" else c for c in line)
        .replace("\\", "/")
        .replace('"', "'")
    )


def _string(text: str) -> str:
    """Return a string in the quotes that black prefers: double, unless single ones save backslashes."""
    quote = '"' if text.count('"') <= text.count("'") else "'"
    return quote + "".join("\\" + c if c == quote else _escaped(c) for c in text) + quote


def _escaped(character: str) -> str:
    return character if character in "'\"" else repr(character)[1:-1]


def expression(value: Any, denominator: str | None = None) -> Code:
    """Return a value as code; `denominator` names a constant that holds that of every Ratio in it."""
    if isinstance(value, Ratio):
        return f"{literal(value.numerator)} / {denominator or literal(value.denominator)}"
    if isinstance(value, Real):
        return repr(value.value)
    if isinstance(value, Call):
        args = [expression(arg, denominator) for arg in value.args]
        args += [
            prefixed(f"{identifier(key)}=", expression(arg, denominator))
            for key, arg in value.kwargs.items()
        ]
        return Group(f"{_SHORT.get(value.name, value.name)}(", tuple(args), ")")
    if isinstance(value, dict):
        return Group(
            "{", tuple(entry(k, expression(v, denominator)) for k, v in value.items()), "}"
        )
    if isinstance(value, list | tuple) and not _is_shape(value):
        return Group("[", tuple(expression(item, denominator) for item in value), "]")
    return literal(value)


def _is_shape(value: Any) -> bool:
    """Whether a value is a tuple of whole numbers, or of such tuples."""
    return isinstance(value, tuple) and all(isinstance(v, int) or _is_shape(v) for v in value)


def entry(key: str, value: Code) -> Code:
    """Return an entry of a dict."""
    return prefixed(f"{literal(key)}: ", value)


def prefixed(prefix: str, code: Code) -> Code:
    """Return code with something written directly before it."""
    if isinstance(code, Chain):
        return Chain(
            Group(prefix + code.first.head, code.first.items, code.first.tail), code.second
        )
    if isinstance(code, Group):
        return Group(prefix + code.head, code.items, code.tail)
    return prefix + code


def layout(code: Code, before: str = "", after: str = "", indent: int = 0) -> str:
    """Return code between `before` and `after` over as few lines as black would; the first line is indented too."""
    return "\n".join(_lines(prefixed(before, code), after, indent))


def _lines(code: Code, after: str, indent: int) -> list[str]:
    margin = " " * indent
    flat = f"{margin}{code}{after}"
    if width(flat) <= WIDTH or isinstance(code, str):
        return [flat]
    if isinstance(code, Chain):
        return _chain_lines(code, after, indent)
    if not code.items:
        return [flat]
    inside = " " * (indent + 4) + ", ".join(map(str, code.items))
    single = len(code.items) == 1
    # The items of a call may share a line, those of a tuple, a list or a dict may not.
    is_call = re.search(r"[\w)]\($", code.head) is not None
    fits = width(inside) <= WIDTH and (single or is_call)
    # A single item takes no comma after it, unless it is split itself.
    if fits or (single and isinstance(code.items[0], str)):
        body = [inside]
    else:
        body = [line for item in code.items for line in _lines(item, ",", indent + 4)]
    return [margin + code.head, *body, margin + code.tail + after]


def _chain_lines(chain: Chain, after: str, indent: int) -> list[str]:
    """Split the last brackets, or those before them, or both."""
    first, second = chain.first, chain.second
    if width(f"{first}{second.head}") + indent <= WIDTH:
        return _lines(Group(f"{first}{second.head}", second.items, second.tail), after, indent)
    if width(f"{first.tail}{second}{after}") + indent <= WIDTH:
        return _lines(first, f"{second}{after}", indent)
    *lines, _ = _lines(first, "", indent)
    joint = Group(first.tail + second.head, second.items, second.tail)
    return [*lines, *_lines(joint, after, indent)]


def joined(items: Sequence[str]) -> str:
    """Return "a", "a and b", "a, b and c"."""
    *first, last = items
    return f"{', '.join(first)} and {last}" if first else last
