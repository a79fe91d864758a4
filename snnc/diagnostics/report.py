"""Diagnostics as a person reads them: place, code, message, the line with a caret, and what to write instead."""

from __future__ import annotations

from collections.abc import Sequence
from unicodedata import category

from snnc.diagnostics.diagnostic import Diagnostic, Span
from snnc.diagnostics.document import Document
from snnc.diagnostics.wording import columns, counted

#: Of a longer line only a part is shown.
LONGEST = 160


def report(document: Document, diagnostics: Sequence[Diagnostic]) -> str:
    """Return all diagnostics of a document in the order of its lines, and how many there are."""
    # TOML's parsers are for specs alone: snnc doctor runs without them.
    from snnc.diagnostics.positions import placed

    path, lines = visible(document.path.as_posix()), document.text.split("\n")
    blocks = [_block(path, d, span, lines) for d, span in placed(document, diagnostics)]
    return "\n".join([*blocks, _count(diagnostics)])


def _block(path: str, diagnostic: Diagnostic, span: Span | None, lines: list[str]) -> str:
    head = f"{diagnostic.severity}[{diagnostic.code}]: {visible(diagnostic.message)}"
    hint = visible(diagnostic.hint)
    if span is None or span.line > len(lines):
        # What is missing altogether has no line to show.
        place = f"{path}:{span.line}:{span.column}" if span else f"{path}:1:1"
        return f"{place}: {head}" + (f"\n         {hint}" if hint else "")
    source = lines[span.line - 1].rstrip("\r")
    column, length = span.column, span.length
    if len(source) > LONGEST:
        # Cut what is far from the caret.
        start = max(0, column - 1 - LONGEST // 2)
        source = source[start : start + LONGEST]
        column -= start
    before = source[: column - 1]
    marked = source[column - 1 : column - 1 + length]
    # Tabs stay tabs, so that the caret lands under its text however wide they are.
    indent = "".join("\t" if c == "\t" else " " * columns(c) for c in before)
    caret = "^" * max(1, sum(columns(c) for c in marked))
    number = str(span.line)
    return "\n".join(
        [
            f"{path}:{span.line}:{span.column}: {head}",
            f"{number:>6} | {visible(source)}",
            f"{'':>6} | {indent}{caret} {hint}".rstrip(),
        ]
    )


def visible(text: str) -> str:
    """Return a text in which nothing steers the terminal."""
    return "".join(
        c if c == "\t" or category(c)[0] != "C" else "\N{REPLACEMENT CHARACTER}" for c in text
    )


def _count(diagnostics: Sequence[Diagnostic]) -> str:
    counts = []
    for severity in ("error", "warning"):
        n = sum(d.severity == severity for d in diagnostics)
        if n:
            counts.append(counted(n, severity))
    codes = {d.code for d in diagnostics}
    which = codes.pop() if len(codes) == 1 else "CODE"
    return f"{', '.join(counts)}; snnc explain {which} says why"
