"""The wording of reports: suggestions, and values as TOML has them."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from typing import Any
from unicodedata import category, east_asian_width


def near(word: object, words: Sequence[str]) -> str:
    """Return a hint: the words that are nearest to one, or all that there are."""
    if meant := close(word, words):
        return f"did you mean {joined(meant, 'or')}?"
    return f"write {joined(words, 'or')}" if 0 < len(words) <= 16 else ""


def close(word: object, words: Sequence[str]) -> list[str]:
    """Return the words that one may be a misspelling of."""
    from difflib import get_close_matches  # most specs have no misspelling

    lower = {w.lower(): w for w in reversed(words)}
    if (same := lower.get(str(word).lower())) is not None:
        return [same]
    return [lower[c] for c in get_close_matches(str(word).lower(), lower, n=2, cutoff=0.6)]


def joined(words: Sequence[str], last: str) -> str:
    """Return "'a'", "'a' or 'b'", "'a', 'b' or 'c'"."""
    *first, end = (repr(word) for word in words)
    return f"{', '.join(first)} {last} {end}" if first else end


def counted(number: int, noun: str) -> str:
    """Return "1 layer" or "2 layers"."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def columns(character: str) -> int:
    """Return how many columns of a terminal a character takes."""
    if category(character) in ("Mn", "Me"):
        return 0
    return 2 if east_asian_width(character) in ("W", "F") else 1


def number(value: Any) -> str:
    """Return a number as briefly as it can be said exactly."""
    if isinstance(value, float):
        short = f"{value:g}"
        return short if float(short) == value else repr(value)
    if isinstance(value, int) and abs(value) >= 10**30:
        return "a number of very many digits"
    return str(value)


def shown(value: object) -> str:
    """Return a value as it may stand in a sentence: text in quotes, numbers bare, the rest by its type."""
    if isinstance(value, str):
        return repr(value)
    if isinstance(value, bool):
        return str(value).lower()
    return number(value) if isinstance(value, int | float) else toml_type(value)


def toml_type(value: object) -> str:
    """Return TOML's name for the type of a value."""
    types: list[tuple[type | tuple[type, ...], str]] = [
        (bool, "a boolean"),
        (int, "an integer"),
        (float, "a float"),
        (str, "a string"),
        (list, "an array"),
        (dict, "a table"),
        ((datetime.date, datetime.time), "a date or time"),
    ]
    # Only in data that come from Python.
    other = "None" if value is None else f"a Python {type(value).__name__}"
    return next((name for kind, name in types if isinstance(value, kind)), other)


def times(numbers: Iterable[int]) -> str:
    """Return sizes as people say them: 28 x 28 x 1."""
    return " x ".join(map(str, numbers))
