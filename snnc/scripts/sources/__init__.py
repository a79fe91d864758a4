"""How a script loads its data: a module and a template for each kind of source, named as in TOML."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from snnc.program.program import Program
from snnc.scripts.sources.base import Source


def source(program: Program, folder: Path) -> Source:
    """Return the section that loads a program's data, for a script in a folder."""
    module = import_module(f"{__name__}.{program.data.kind}")
    section: Source = module.section(program, folder)
    return section
