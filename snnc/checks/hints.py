"""What to write instead, so that whoever writes just that is rid of what was found."""

from __future__ import annotations

from math import floor

from snnc.diagnostics import KeyPath
from snnc.words import number


def setting(at: KeyPath, table: str, key: str, value: str) -> str:
    """Return "key = value", and the table that it goes into if what was found is elsewhere."""
    return f"{key} = {value}" + ("" if table in at[:-1] else f" in [{table}]")


def at_most(value: float) -> str:
    """Return a number rounded down, so that what is written is within the limit."""
    return str(floor(value)) if value >= 1 else number(value)
