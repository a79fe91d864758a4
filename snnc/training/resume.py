"""Start a training from its checkpoint or from the beginning, and write a checkpoint after every epoch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from snnc.diagnostics.errors import Refusal
from snnc.program.program import Program
from snnc.training import checkpoint
from snnc.training.epochs import BEGINNING, State
from snnc.training.progress import Watcher
from snnc.training.stopping import about_best


@dataclass
class Progress:
    """The state of a running training. Call `advance` after every epoch."""

    state: State
    advance: Callable[[State], None]


@contextmanager
def resumable(
    title: str,
    path: Path | None,
    program: Program,
    depends: dict[str, Any],
    watcher: Watcher,
    resume: bool,
) -> Iterator[Progress]:
    """Show the progress of a training. With a path, write a checkpoint there after every epoch; to `resume`, start from the one there.

    `depends` says what the training depends on: the checkpoint of another one isn't used.
    """
    start = _start(title, path, depends, program.train.epochs, watcher, resume)
    with watcher.epochs(title, program.train.epochs, len(start.epochs)) as show:

        def advance(state: State) -> None:
            if path:
                checkpoint.save(path, state, depends, program.spec_path.name)
            progress.state = state
            show(state.epochs[-1])

        progress = Progress(start, advance)
        try:
            yield progress
        except KeyboardInterrupt:
            done = len(progress.state.epochs)
            if not done or not path:
                raise
            raise KeyboardInterrupt(
                f"interrupted; --resume goes on after epoch {done} ({title})"
            ) from None
    stopping, epochs = program.train.early_stopping, progress.state.epochs
    if stopping and epochs:
        over = f"{title}: over after epoch {len(epochs)}"
        watcher.tell(f"{over}, {about_best(epochs, stopping)}")


def _start(
    title: str,
    path: Path | None,
    depends: dict[str, Any],
    epochs: int,
    watcher: Watcher,
    resume: bool,
) -> State:
    """Return the state from which a training starts, and tell the watcher if a checkpoint is used, missing or replaced."""
    if path is None:
        return BEGINNING
    try:
        state = checkpoint.load(path, depends)
    except FileNotFoundError:
        if resume:
            watcher.tell(f"{title}: there is no {path.as_posix()}, so it starts from the beginning")
        return BEGINNING
    except Refusal:
        if resume:
            raise
        watcher.tell(f"{title}: {path.as_posix()} belongs to another training, and is replaced")
        return BEGINNING
    done = len(state.epochs)
    if not resume:
        watcher.tell(
            f"{title}: starts from the beginning; --resume would go on after epoch {done}, "
            f"from {path.as_posix()}, which the first epoch replaces"
        )
        return BEGINNING
    if done > epochs:
        raise Refusal(
            f"{path.as_posix()} is at epoch {done} already: train for as many epochs, or without --resume"
        )
    watcher.tell(f"{title}: goes on after epoch {done}, from {path.as_posix()}")
    return state
