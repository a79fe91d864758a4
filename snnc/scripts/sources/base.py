"""What the sections that load data have in common."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Protocol

from snnc.program.program import Program
from snnc.scripts.code import WIDTH, Group, layout, literal, width
from snnc.scripts.section import Section


class Source(Section, Protocol):
    """The function `load_data`, and those that it calls."""

    @property
    def constants(self) -> tuple[str, ...]:
        """Return the constants that lead to the data."""


def drawn_by(program: Program) -> str:
    """Return the seed that draws the items held out."""
    written = program.data.drawn_by
    return "SEED" if written is None else literal(written)


def data_constant(program: Program, folder: Path, path: str) -> str:
    """Return the constant that leads from a script to its data."""
    # The script looks for the data from where it really is, whatever links lead there.
    target = program.spec_path.parent.resolve() / path
    relative = Path(os.path.relpath(target, folder.resolve())).as_posix()
    line = f"DATA = HERE / {literal(relative)}"
    if width(line) <= WIDTH:
        return line
    return layout(Group("Path(", ("HERE", literal(relative)), ")"), "DATA = ")
