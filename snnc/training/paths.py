"""The files of a training, and their sizes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from snnc.diagnostics.errors import Refusal
from snnc.environment.files import ensure_room
from snnc.environment.own_files import OWN_FILES, other_spec
from snnc.program.network import Network
from snnc.program.program import Program

if TYPE_CHECKING:
    from snnc.data.prepare import Data

#: Bytes for names of arrays, the split and the versions.
OVERHEAD = 1_000_000

#: The most values that a checkpoint keeps for each weight, the weight included: RMSprop, centred and with momentum.
MOST_SLOTS = 4

#: The bytes of what a dropout layer draws from: an array of three numbers, with its name and its header.
DRAWING = 268


@dataclass(frozen=True)
class Paths:
    """The files of a program, in the folder of its spec or another one, in the order of `OWN_FILES`."""

    params: Path
    test: Path
    history: Path
    checkpoint: Path
    baseline: Path
    baseline_checkpoint: Path

    @classmethod
    def of(cls, program: Program, folder: Path) -> Paths:
        return cls(*(folder / f"{program.name}{end}" for end in OWN_FILES))

    def ensure_writable(self, program: Program, data: Data, with_baseline: bool) -> None:
        """Raise an Error before the training if its files can't be written, or would overwrite other ones."""
        # Commands ask for names before they say a word: those need no NumPy.
        from snnc.data.arrays import text_in

        files = [
            *self._network(program, data),
            *(self._baseline(program, data) if with_baseline else []),
        ]
        # A changed spec may be trained again. Another spec of the same name must not overwrite the files.
        for path, _ in files:
            other = other_spec(text_in(path, "spec_file"), program.spec_path, path.parent)
            if other:
                raise Refusal(
                    f"{path.as_posix()} is of {other.as_posix()}, not of {program.spec_path.as_posix()}: "
                    "give one of the two networks another name, write elsewhere with -o, or remove it"
                )
        source = program.data_path
        if source and source.resolve() in {path.resolve() for path, _ in files}:
            raise Refusal(
                f"training would overwrite its own data, {source.as_posix()}: rename that, or write elsewhere with -o"
            )
        ensure_room(files)

    def _network(self, program: Program, data: Data) -> Iterator[tuple[Path, int]]:
        """Yield the files and their largest sizes in bytes. A checkpoint counts twice: one exists while the next is written."""
        # A sparse weight takes three numbers: value, row and column.
        weights = sum(
            3 * program.network.form(connection).most for connection in program.network.connections
        )
        yield self.params, _bytes(2 * (weights + 2 * _neurons(program)))
        yield self.test, OVERHEAD + data.held_out.x.nbytes + data.held_out.y.nbytes
        yield self.history, 100 * program.train.epochs
        yield from [(self.checkpoint, _checkpoint_bytes(program))] * 2

    def _baseline(self, program: Program, data: Data) -> Iterator[tuple[Path, int]]:
        yield self.baseline, _bytes(_parameters(program.network) + 4 * len(data.y_test))
        yield from [(self.baseline_checkpoint, _checkpoint_bytes(program))] * 2


def _bytes(numbers: int) -> int:
    return OVERHEAD + 4 * numbers


def _checkpoint_bytes(program: Program) -> int:
    stopping = program.train.early_stopping
    best = 1 if stopping and stopping.restore_best_weights else 0
    drawing = DRAWING * sum(operator.drops_values for operator in program.network.operators)
    return _bytes((MOST_SLOTS + best) * _parameters(program.network)) + drawing


def _parameters(network: Network) -> int:
    steps = (step for target in network.receivers for step in network.steps(target))
    return sum(operator.parameters(shape) for operator, shape in steps)


def _neurons(program: Program) -> int:
    return sum(p.size for p in program.network.populations)
