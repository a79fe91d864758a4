"""The pages that explain a code: why it is wrong, a small example of it, and its repair."""

from __future__ import annotations

import re

from snnc import resources


def codes() -> list[str]:
    """Return every code that has a page, and a test says that all have: without importing the rules that raise them."""
    return sorted(path.stem for path in resources.folder("docs/codes").glob("*.md"))


def page(code: str) -> str:
    """Return a code's page, in Markdown."""
    path = resources.folder("docs/codes") / f"{code}.md"
    return path.read_text(encoding="utf-8")


def reason(markdown: str) -> str:
    """Return what a page says before its examples."""
    return markdown.split("\n\n", 1)[1].partition("\n\nWrong:")[0]


def summary(markdown: str) -> str:
    """Return the first sentence of a page, on one line."""
    return re.split(r"(?<=[.?!])\s", reason(markdown), maxsplit=1)[0].replace("\n", " ")


def plain(markdown: str) -> str:
    """Return a page as a terminal shows it: titles bare, and examples indented instead of fenced."""
    lines = []
    fenced = False
    for line in markdown.splitlines():
        if line.startswith("```"):
            fenced = not fenced
        else:
            lines.append(f"    {line}".rstrip() if fenced else line.removeprefix("# "))
    return "\n".join(lines)
