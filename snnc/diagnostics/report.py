"""Diagnostics as a person reads them: place, code, message, the line with a caret, and what to write instead."""

from __future__ import annotations

from collections.abc import Sequence
from unicodedata import category

from snnc.diagnostics.diagnostic import Diagnostic, Span
from snnc.diagnostics.document import Document
from snnc.diagnostics.screen import BOLD, CYAN, DIM, PAPER, RED, UNDERLINED, YELLOW, Screen
from snnc.diagnostics.wording import columns, counted

#: Of a longer line only a part is shown.
LONGEST = 160
#: What stands in front of a line.
MARGIN = 9
#: Where less room than this is left beside a caret, the hint stands below.
ROOM = 36
COLORS = {"error": RED, "warning": YELLOW}


def report(document: Document, diagnostics: Sequence[Diagnostic], screen: Screen = PAPER) -> str:
    """Return all diagnostics of a document in the order of its lines, and how many there are."""
    # TOML's parsers are for specs alone: snnc doctor runs without them.
    from snnc.diagnostics.positions import placed

    path, lines = visible(document.path.as_posix()), document.text.split("\n")
    blocks = [_block(path, d, span, lines, screen) for d, span in placed(document, diagnostics)]
    return "\n".join([*blocks, _count(diagnostics, screen)])


def _block(
    path: str, diagnostic: Diagnostic, span: Span | None, lines: list[str], screen: Screen
) -> str:
    if span is None or span.line > len(lines):
        # What is missing altogether has no line to show.
        place = f"{path}:{span.line}:{span.column}" if span else f"{path}:1:1"
        indented = [" " * MARGIN + line for line in _hint(diagnostic, MARGIN, screen)]
        return "\n".join([_head(place, diagnostic, screen), *indented])
    return "\n".join(
        [
            _head(f"{path}:{span.line}:{span.column}", diagnostic, screen),
            *_excerpt(diagnostic, span, lines[span.line - 1].rstrip("\r"), screen),
        ]
    )


def _head(place: str, diagnostic: Diagnostic, screen: Screen) -> str:
    kind = f"{diagnostic.severity}[{diagnostic.code}]"
    line = screen.wrapped(f"{place}: {kind}: {visible(diagnostic.message)}", "    ")
    # Styles take no room, and are added once all is in its place.
    line = line.replace(kind, screen.styled(kind, BOLD, COLORS[diagnostic.severity]), 1)
    return screen.styled(place, BOLD) + line.removeprefix(place)


def _excerpt(diagnostic: Diagnostic, span: Span, source: str, screen: Screen) -> list[str]:
    """Return the line of a finding, and below it a caret with the hint."""
    column, length = span.column, span.length
    longest = min(LONGEST, (screen.width or LONGEST + MARGIN) - MARGIN)
    if len(source) > longest:
        # Cut what is far from the caret.
        start = max(0, column - 1 - longest // 2)
        source = source[start : start + longest]
        column -= start
    before, marked = source[: column - 1], source[column - 1 : column - 1 + length]
    after = source[column - 1 + length :]
    # Tabs stay tabs, so that the caret lands under its text however wide they are.
    indent = "".join("\t" if c == "\t" else " " * columns(c) for c in before)
    caret = "^" * max(1, sum(columns(c) for c in marked))
    color = COLORS[diagnostic.severity]
    bar = screen.styled(f"{'':>6} |", DIM)
    line = f"{visible(before)}{screen.styled(visible(marked), UNDERLINED, color)}{visible(after)}"
    under = f"{bar} {indent}{screen.styled(caret, BOLD, color)}"
    behind = MARGIN + len(indent) + len(caret) + 1
    beside = screen.width is None or screen.width - behind >= min(ROOM, len(diagnostic.hint))
    first, *others = _hint(diagnostic, behind if beside else MARGIN, screen) or [""]
    below = [f"{bar} {' ' * (behind - MARGIN)}{each}" for each in others]
    if not beside:
        below, first = [f"{bar} {each}" for each in (first, *others) if each], ""
    return [
        f"{screen.styled(f'{span.line:>6} |', DIM)} {line}",
        f"{under} {first}".rstrip(),
        *below,
    ]


def _hint(diagnostic: Diagnostic, indent: int, screen: Screen) -> list[str]:
    """Return the lines of a hint that begin behind some columns; none if there is no hint."""
    room = Screen(screen.color, screen.width and screen.width - indent)
    hint = visible(diagnostic.hint)
    return [screen.styled(line, CYAN) for line in room.wrapped(hint).split("\n")] if hint else []


def visible(text: str) -> str:
    """Return a text in which nothing steers the terminal."""
    return "".join(
        c if c == "\t" or category(c)[0] != "C" else "\N{REPLACEMENT CHARACTER}" for c in text
    )


def _count(diagnostics: Sequence[Diagnostic], screen: Screen) -> str:
    counts = []
    for severity in ("error", "warning"):
        n = sum(d.severity == severity for d in diagnostics)
        if n:
            counts.append(screen.styled(counted(n, severity), BOLD, COLORS[severity]))
    codes = {d.code for d in diagnostics}
    which = codes.pop() if len(codes) == 1 else "CODE"
    return f"{', '.join(counts)}; snnc explain {which} says why"
