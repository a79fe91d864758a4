"""Texts of a page: numbers as a reader wants them, and names of others'."""

from __future__ import annotations

from snnc.program.network import Output


def printable(text: str) -> str:
    """Return a text with a mark in place of each character that isn't shown, or turns the direction of others."""
    return "".join(c if c.isprintable() else "\ufffd" for c in text)


def class_names(output: Output) -> tuple[str, ...]:
    """Return the labels of all classes, or else their numbers."""
    if output.labels is None:
        return tuple(map(str, range(output.classes)))
    return tuple(map(printable, output.labels))


def share(value: float) -> str:
    """Return "12.3 %"."""
    return f"{100 * value:.1f} %"


def number(value: float) -> str:
    """Return a number with three digits, or all of those before the point."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
