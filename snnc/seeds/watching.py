"""Watch one of several trainings: each line says which."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from snnc.training.epochs import Epoch
from snnc.training.progress import Watcher


@dataclass(frozen=True)
class Titled:
    """Hands everything on to another watcher, with a title in front."""

    watcher: Watcher
    title: str

    def epochs(
        self, title: str, total: int, done: int
    ) -> AbstractContextManager[Callable[[Epoch], None]]:
        return self.watcher.epochs(f"{self.title}, {title}", total, done)

    def items(self, title: str, total: int) -> AbstractContextManager[Callable[[int], None]]:
        return self.watcher.items(f"{self.title}, {title}", total)

    def tell(self, line: str) -> None:
        self.watcher.tell(f"{self.title}: {line}")
