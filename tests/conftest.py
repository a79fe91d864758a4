"""Specs that several tests go through, and the heavy libraries, imported once."""

from __future__ import annotations

import resource
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
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
def limited() -> Callable[[int], AbstractContextManager[None]]:
    """Give a context in which no file grows beyond some bytes: what a full disk does, without a disk."""

    @contextmanager
    def limit(size: int) -> Iterator[None]:
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    return limit
