"""Specs that several tests go through, and the heavy libraries, imported once."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

from snnc.ir import Program
from snnc.pipeline import checked

ROOT = Path(__file__).resolve().parent.parent
SPECS = sorted((ROOT / "specs").glob("*.toml"))
CASES = sorted((ROOT / "tests/cases").glob("*.toml"))
INVALID = sorted((ROOT / "tests/invalid").glob("*.toml"))


def program_of(path: Path) -> Program:
    return checked(path).program


@pytest.fixture(scope="session")
def libraries() -> None:
    """TensorFlow, Nengo and friends; a test that needs them skips where they are not installed."""
    for name in ("tensorflow", "nengo_dl", "nengo_loihi", "nengo_extras"):
        if find_spec(name) is None:
            pytest.skip(f"{name} is not installed: pip install 'snnc[run]'")
    from snnc.engine import libraries

    libraries.load()
