"""Specs that several tests go through, and the heavy libraries, imported once."""

from __future__ import annotations

import resource
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from snnc.compile import checked
from snnc.ir import Program

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


@pytest.fixture
def limit() -> Iterator[Callable[[int], None]]:
    """Let no file grow beyond some bytes: what a full disk does, without a disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    def set_limit(size: int) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))

    yield set_limit
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
