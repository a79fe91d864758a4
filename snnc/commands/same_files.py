"""Specs of one folder whose trainings write the same files."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import tomli

from snnc.commands.common import specs_in


def specs_of_the_same_files(spec: Path, name: str) -> list[Path]:
    """Return the other specs beside one whose network has the same name, and so the same files."""
    others = (path for path in specs_in(spec.parent) if not path.samefile(spec))
    return [path for path in others if _name(path) == name]


def _name(spec: Path) -> object:
    """Return the name of a spec's network; None if it has none, or can't be read."""
    with suppress(OSError, ValueError, RecursionError):
        network = tomli.loads(spec.read_text(encoding="utf-8")).get("network")
        return network.get("name") if isinstance(network, dict) else None
    return None
