"""Read items and labels: a module for each kind of source, named as in TOML."""

from __future__ import annotations

from importlib import import_module

from snnc.data.sources.base import Raw
from snnc.program.program import Program


def read(program: Program) -> list[Raw]:
    """Return all items in one part, or in two, for training and testing, if they come split.

    Raises a Refusal if the items can't be used, a UsageError if they can't be reached.
    """
    data = program.data
    kind = data.kind if program.data_path is None else data.file_kind
    raw: list[Raw] = import_module(f"{__name__}.{kind}").read(program)
    return raw
