"""How far a long computation is: nobody is told, or a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from snnc.engine.train import Epoch


class Watcher(Protocol):
    """Is told of every epoch, and how many items were run."""

    def epochs(self, title: str, total: int) -> AbstractContextManager[Callable[[Epoch], None]]: ...

    def items(self, title: str, total: int) -> AbstractContextManager[Callable[[int], None]]: ...


class Nobody:
    """Wants to know nothing."""

    @contextmanager
    def epochs(self, title: str, total: int) -> Iterator[Callable[[Epoch], None]]:
        yield lambda epoch: None

    @contextmanager
    def items(self, title: str, total: int) -> Iterator[Callable[[int], None]]:
        yield lambda n: None


class Terminal:
    """Shows bars on standard error."""

    @contextmanager
    def epochs(self, title: str, total: int) -> Iterator[Callable[[Epoch], None]]:
        with _progress(
            TextColumn("loss {task.fields[loss]}, accuracy {task.fields[accuracy]}")
        ) as progress:
            task = progress.add_task(title, total=total, loss="", accuracy="")

            def show(epoch: Epoch) -> None:
                progress.update(
                    task, advance=1, loss=f"{epoch.loss:.4f}", accuracy=f"{epoch.accuracy:.1%}"
                )

            yield show

    @contextmanager
    def items(self, title: str, total: int) -> Iterator[Callable[[int], None]]:
        with _progress() as progress:
            task = progress.add_task(title, total=total)
            yield lambda n: progress.update(task, advance=n)


def _progress(*columns: TextColumn) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(elapsed_when_finished=True),
        *columns,
        console=Console(stderr=True),
    )
