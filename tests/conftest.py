"""Specs that several tests go through, and the heavy libraries, imported once."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import packaging
import pytest

from snnc.pipeline import checked
from snnc.program.fingerprint import training
from snnc.program.program import Program

ROOT = Path(__file__).resolve().parent.parent
SPECS = sorted((ROOT / "specs").glob("*.toml"))
#: All of them but one, of 51,500 neurons, that takes too long to run.
LIGHT_SPECS = [path for path in SPECS if path.stem != "cifar10"]
CASES = sorted((ROOT / "tests/cases").glob("*.toml"))
#: Specs whose data are downloaded. `stand_in` gives a file to these, and to all whose data are elsewhere.
DOWNLOADED = sorted((ROOT / "tests/cases/downloaded").glob("*.toml"))
INVALID = sorted((ROOT / "tests/invalid").glob("*.toml"))


def program_of(path: Path, data_file: Path | None = None) -> Program:
    return checked(path, data_file).program


def meaning(program: Program) -> list[Any]:
    """Return all that decides what a program is, to compare two of them."""
    network = program.network
    neurons = {
        # Derived or written, an amplitude is the same.
        p.name: {**p.neurons.model_dump(), "amplitude": p.neurons.output_value}
        for p in network.populations
    }
    layers = [
        (p.name, p.shape, neurons[p.name], p.gradient, p.on_chip, p.block_shape, p.pop_type)
        for p in network.populations
    ]
    connections = [
        (c.source, c.target, [(op.name, op.settings) for op in c.operators], c.synapse)
        for c in network.connections
    ]
    output = (network.output.classes, network.output.labels, network.output.softmax)
    return [training(program), network.input_shape, layers, connections, output]


def stand_in(path: Path, folder: Path) -> Path | None:
    """Return a small file of items for a spec whose data are elsewhere; None for the others."""
    program = program_of(path)
    if program.data.kind == "sklearn" or (program.data_path and program.data_path.exists()):
        return None
    import numpy as np

    chance = np.random.RandomState(0)
    arrays: dict[str, np.ndarray] = {}
    for name in program.data.arrays:
        n = 60 if name.endswith("test") else program.train.batch_size + 100
        arrays[name] = (
            chance.randint(0, 256, (n, *program.network.input_shape)).astype(np.uint8)
            if name.startswith("x")
            else chance.randint(0, program.network.output.classes, (n, 1))
        )
    np.savez(folder / "stand_in.npz", **arrays)
    return folder / "stand_in.npz"


def pytest_configure() -> None:
    """Let processes that tests start be interrupted: those in the background of a shell ignore it, and theirs do, too."""
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the fast tests fast: importing TensorFlow and NengoDL takes five seconds in every process."""
    for item in items:
        if "libraries" in getattr(item, "fixturenames", ()) and not item.get_closest_marker("slow"):
            raise pytest.UsageError(f"{item.nodeid} imports TensorFlow: mark it slow")


@pytest.fixture(scope="session")
def libraries() -> None:
    """TensorFlow, Nengo and friends; a test that needs them skips where they are not installed."""
    _skip_without("tensorflow", "nengo_dl", "nengo_loihi", "nengo_extras")
    from snnc.environment import libraries

    libraries.load()


@pytest.fixture(scope="session")
def nengo_loihi() -> None:
    """Nengo and NengoLoihi without TensorFlow: they are there in half a second."""
    _skip_without("nengo_loihi", "numba")
    from snnc.environment import libraries

    libraries.load(libraries.WITHOUT_TENSORFLOW)


def _skip_without(*packages: str) -> None:
    for name in packages:
        if find_spec(name) is None:
            pytest.skip(f"{name} is not installed: pip install 'snnc[run]'")


class Bare:
    """This Python without its packages: what is put into the folder is all that it has, besides snnc."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        shutil.copytree(Path(packaging.__file__).parent, folder / "packaging")

    def install(self, name: str, version: str, *requires: str) -> None:
        """Leave behind what pip does, without the package."""
        info = self.folder / f"{name.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        lines = [f"Name: {name}", f"Version: {version}", *(f"Requires-Dist: {r}" for r in requires)]
        (info / "METADATA").write_text("Metadata-Version: 2.1\n" + "\n".join(lines) + "\n")

    def run(self, *arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        # Other tests, in this process, may have prepared for today's stack.
        environment = {k: v for k, v in os.environ.items() if k != "TF_USE_LEGACY_KERAS"}
        return subprocess.run(
            [sys.executable, "-S", *arguments],
            capture_output=True,
            text=True,
            check=False,
            cwd=cwd or self.folder,
            env={**environment, "PYTHONPATH": f"{self.folder}{os.pathsep}{ROOT}"},
        )


@pytest.fixture
def bare(tmp_path: Path) -> Bare:
    folder = tmp_path / "site"
    folder.mkdir()
    return Bare(folder)


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
