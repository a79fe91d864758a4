"""Watch the progress of a long computation: silently, in a terminal, or as lines of a log."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from time import monotonic
from typing import Protocol, TextIO

from rich.console import Console, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from snnc.training.epochs import Epoch

#: How often a log has a line on items, at most, in seconds.
PAUSE = 5.0


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
    """Shows progress bars on standard error, and prints messages on standard output, or where it is told to."""

    def __init__(self, messages: TextIO | None = None) -> None:
        self._messages = messages

    @contextmanager
    def epochs(self, title: str, total: int, done: int) -> Iterator[Callable[[Epoch], None]]:
        with _Bar() as bar:
            task = bar.add_task(title, total=total, completed=done)

            def show(epoch: Epoch) -> None:
                bar.below = str(epoch)
                bar.update(task, advance=1)

            yield show

    @contextmanager
    def items(self, title: str, total: int) -> Iterator[Callable[[int], None]]:
        with _Bar() as bar:
            task = bar.add_task(title, total=total)
            yield lambda n: bar.update(task, advance=n)

    def tell(self, line: str) -> None:
        # A killed process doesn't flush.
        print(line, file=self._messages, flush=True)


class Lines(Terminal):
    """Writes progress as lines, as a log has them: one an epoch, and of items one after a pause and one at the end."""

    def __init__(self, messages: TextIO | None = None, pause: float = PAUSE) -> None:
        super().__init__(messages)
        self._pause = pause

    @contextmanager
    def epochs(self, title: str, total: int, done: int) -> Iterator[Callable[[Epoch], None]]:
        yield lambda epoch: _log(
            f"{title}: epoch {epoch.number} of {total}, {epoch.seconds:.1f} s, {epoch}"
        )

    @contextmanager
    def items(self, title: str, total: int) -> Iterator[Callable[[int], None]]:
        started = last = monotonic()
        shown = 0

        def count(n: int) -> None:
            nonlocal last, shown
            shown += n
            if shown >= total or monotonic() - last >= self._pause:
                last = monotonic()
                _log(f"{title}: {shown} of {total} items, {last - started:.1f} s")

        yield count


def _log(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


class _Bar(Progress):
    """A bar, and a line of numbers below: beside the bar they would have no room."""

    def __init__(self) -> None:
        self.below = ""
        super().__init__(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(elapsed_when_finished=True),
            console=Console(stderr=True),
        )

    def get_renderables(self) -> Iterable[RenderableType]:
        yield from super().get_renderables()
        if self.below:
            yield Text(f"  {self.below}")
