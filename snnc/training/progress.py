"""Watch the progress of a long computation, silently or in a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from snnc.training.epochs import Epoch


class Watcher(Protocol):
    """Gets every epoch of a training, of which `done` are over at the start, the number of items that ran, and messages."""

    def epochs(
        self, title: str, total: int, done: int
    ) -> AbstractContextManager[Callable[[Epoch], None]]: ...

    def items(self, title: str, total: int) -> AbstractContextManager[Callable[[int], None]]: ...

    def tell(self, line: str) -> None: ...


class Nobody:
    """Ignores all progress."""

    @contextmanager
    def epochs(self, title: str, total: int, done: int) -> Iterator[Callable[[Epoch], None]]:
        yield lambda epoch: None

    @contextmanager
    def items(self, title: str, total: int) -> Iterator[Callable[[int], None]]:
        yield lambda n: None

    def tell(self, line: str) -> None:
        pass


class Terminal:
    """Shows progress bars on standard error, and prints messages on standard output."""

    @contextmanager
    def epochs(self, title: str, total: int, done: int) -> Iterator[Callable[[Epoch], None]]:
        with _progress(TextColumn("{task.fields[epoch]}")) as progress:
            task = progress.add_task(title, total=total, completed=done, epoch="")

            def show(epoch: Epoch) -> None:
                progress.update(task, advance=1, epoch=str(epoch))

            yield show

    @contextmanager
    def items(self, title: str, total: int) -> Iterator[Callable[[int], None]]:
        with _progress() as progress:
            task = progress.add_task(title, total=total)
            yield lambda n: progress.update(task, advance=n)

    def tell(self, line: str) -> None:
        # A killed process doesn't flush.
        print(line, flush=True)


def _progress(*columns: TextColumn) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(elapsed_when_finished=True),
        *columns,
        console=Console(stderr=True),
    )
