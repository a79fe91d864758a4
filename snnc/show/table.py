"""Cells in columns, for a terminal and for a notebook."""

from __future__ import annotations

from collections.abc import Sequence

Cells = Sequence[Sequence[str]]


def aligned(lines: Cells, numbers: bool = False) -> str:
    """Return cells as text in columns, aligned left; with `numbers`, all but the first column aligned right."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if numbers and index else cell.ljust(width)
            for index, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


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
