"""Cells in columns, as a terminal shows them."""

from __future__ import annotations

from collections.abc import Sequence

Cells = Sequence[Sequence[str]]


def aligned(lines: Cells, numbers: bool = False) -> str:
    """Return cells in columns, all to the left; with `numbers` all but the first column to the right."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if numbers and index else cell.ljust(width)
            for index, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )
