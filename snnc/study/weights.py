"""Trained weights, kept by all that their training depends on: trials that differ in nothing of that share them."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from snnc.data.arrays import Array
from snnc.data.prepare import Data
from snnc.environment import libraries
from snnc.environment.files import claimed
from snnc.program.fingerprint import architecture, as_json
from snnc.program.program import Program
from snnc.training import params_file
from snnc.training.beginning import beginning
from snnc.training.checkpoint import described
from snnc.training.paths import Paths
from snnc.training.progress import Watcher

#: How often it is asked whether another process has trained what is needed, in seconds.
PAUSE = 1.0


@dataclass(frozen=True)
class Kept:
    """The folder of a program's weights, and whether they are there, or are to be trained."""

    folder: Path
    is_trained: bool


@dataclass(frozen=True)
class Weights:
    """Trained weights, each training in a folder of its own, beside those that `snnc train` has left in `of_spec`."""

    folder: Path
    of_spec: Path

    def of(
        self, program: Program, data: Data, watcher: Watcher
    ) -> tuple[params_file.Trained, Paths]:
        """Return a program with its trained weights, and the files that they are in.

        Trains them unless that was done, by this process or by another one.
        """
        while not (kept := self.kept(program, data)).is_trained:
            paths = Paths.of(program, kept.folder)
            with claimed(paths.params) as alone:
                if alone:
                    _train(program, data, paths, beginning(program, self.of_spec), watcher)
            if not alone:
                time.sleep(PAUSE)
        paths = Paths.of(program, kept.folder)
        return params_file.load_params(paths, program, data), paths

    def kept(self, program: Program, data: Data) -> Kept:
        """Return where a program's weights are, or are to be."""
        own = Paths.of(program, self.of_spec)
        if params_file.origin_of(own.params) and not program.starts_imported:
            # Nobody trained them here: a network that they aren't for is refused.
            return Kept(self.of_spec, is_trained=True)
        if _is_done(own, program, data):
            return Kept(self.of_spec, is_trained=True)
        start = beginning(program, self.of_spec)
        depends = {**described(program, data, start), **architecture(program)}
        digest = hashlib.sha256(as_json(depends).encode()).hexdigest()[:12]
        paths = Paths.of(program, self.folder / digest)
        return Kept(self.folder / digest, is_trained=_is_done(paths, program, data))


def _is_done(paths: Paths, program: Program, data: Data) -> bool:
    return params_file.is_complete(paths.params, program, data) and paths.test.exists()


def _train(
    program: Program,
    data: Data,
    paths: Paths,
    start: Mapping[str, Array],
    watcher: Watcher,
) -> None:
    libraries.load()
    from snnc.session import train_alone  # takes TensorFlow

    if not _is_done(paths, program, data):  # as another process was asked to
        paths.ensure_writable(program, data, with_baseline=False)
        train_alone(program, data, start, paths, watcher, resume=True)
