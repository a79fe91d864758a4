"""Cells in columns, for a terminal and for a notebook."""

from __future__ import annotations

from collections.abc import Sequence

from snnc.diagnostics.screen import PAPER, Screen

Cells = Sequence[Sequence[str]]

#: Between columns.
GAP = "  "


def aligned(lines: Cells, numbers: bool = False, width: int | None = None) -> str:
    """Return cells as text in columns, aligned left; with `numbers`, all but the first column aligned right.

    Columns that don't fit the `width` stand below an empty line, once more behind the first column. One that doesn't fit by
    itself goes on below.
    """
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    first = widths[0] + len(GAP)
    # Behind a first column that takes most of the width there is no room to go on in.
    shown = Screen(width=width) if width and width >= 2 * first else PAPER
    return "\n\n".join(
        "\n".join(
            shown.wrapped(_line(line, (0, *part), widths, numbers), " " * first) for line in lines
        )
        for part in _parts(widths, width)
    )


def _line(
    cells: Sequence[str], columns: Sequence[int], widths: Sequence[int], numbers: bool
) -> str:
    padded = (
        cells[i].rjust(widths[i]) if numbers and i else cells[i].ljust(widths[i]) for i in columns
    )
    return GAP.join(padded).rstrip()


def _parts(widths: Sequence[int], width: int | None) -> list[list[int]]:
    """Return the columns behind the first one in parts that fit a width, as far as single columns do."""
    parts: list[list[int]] = [[]]
    room = None if width is None else width - widths[0]
    taken = 0
    for index, wide in enumerate(widths[1:], 1):
        if room is not None and parts[-1] and taken + len(GAP) + wide > room:
            parts.append([])
            taken = 0
        parts[-1].append(index)
        taken += len(GAP) + wide
    return parts


def html(lines: Cells, numbers: bool = False) -> str:
    """Return cells as an HTML table, with the first line as headers."""
    from html import escape

    header, *rows = lines
    head = "".join(f"<th>{escape(cell)}</th>" for cell in header)
    align = "right" if numbers else "left"
    body = "".join(_row(row, align) for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def paragraph(text: str) -> str:
    from html import escape

    return f"<p>{escape(text)}</p>"


def _row(cells: Sequence[str], align: str) -> str:
    from html import escape

    first, *others = map(escape, cells)
    rest = "".join(f'<td style="text-align: {align}">{cell}</td>' for cell in others)
    return f'<tr><th style="text-align: left">{first}</th>{rest}</tr>'
