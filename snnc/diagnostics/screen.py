"""What a stream takes: colour, and lines of some width; a file takes plain text, in lines of any length."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import NamedTuple, TextIO

BOLD, DIM, UNDERLINED, RED, GREEN, YELLOW, CYAN = 1, 2, 4, 31, 32, 33, 36
#: Where a terminal doesn't say how wide it is.
USUAL = 80
#: Narrower than that, a text isn't wrapped.
NARROWEST = 20


class Screen(NamedTuple):
    """Whether there is colour, and how many columns a line has; None for as many as it takes."""

    color: bool = False
    width: int | None = None

    def styled(self, text: str, *styles: int) -> str:
        """Return a text in some styles, where there is colour."""
        if not (self.color and text):
            return text
        return f"\033[{';'.join(map(str, styles))}m{text}\033[0m"

    def wrapped(self, text: str, indent: str = "") -> str:
        """Return a text in lines that fit, all but the first one indented."""
        if self.width is None or len(text) <= self.width:
            return text
        from textwrap import fill  # most lines fit

        return fill(
            text,
            max(self.width, NARROWEST),
            subsequent_indent=indent,
            break_long_words=False,
            break_on_hyphens=False,
        )

    def lines(self, texts: Iterable[str]) -> str:
        """Return texts, one below the other, each in lines that fit and are as far to the right as it begins."""
        return "\n".join(self.wrapped(text, indentation(text)) for text in texts)


def indentation(text: str) -> str:
    return text[: len(text) - len(text.lstrip())]


#: What takes plain text in lines of any length.
PAPER = Screen()


def screen(stream: TextIO) -> Screen:
    """Return what a stream takes. NO_COLOR and FORCE_COLOR decide on colour, as https://no-color.org says."""
    return Screen(_has_color(stream), _width(stream))


def _has_color(stream: TextIO) -> bool:
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def _width(stream: TextIO) -> int | None:
    if not stream.isatty():
        return None
    # Not COLUMNS: a shell's line editor sets that, and a window that is resized later leaves it as it is.
    try:
        return os.get_terminal_size(stream.fileno()).columns or USUAL
    except OSError:
        return USUAL
