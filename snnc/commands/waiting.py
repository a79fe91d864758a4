"""Import what a command needs, with a word about it from the first second, and watch how it goes on."""

from __future__ import annotations

import argparse
import gc
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from time import monotonic
from typing import TYPE_CHECKING

from snnc.environment import libraries

if TYPE_CHECKING:
    from snnc.training.progress import Watcher

#: What the word names, and how long it takes.
WORDS = {
    "tensorflow": "importing TensorFlow, Nengo and NengoDL, which takes about five seconds",
    "nengo_loihi": "importing Nengo and NengoLoihi",
    "nengo": "importing Nengo",
}


@contextmanager
def ready(
    arguments: argparse.Namespace, packages: Sequence[str] = libraries.PACKAGES
) -> Iterator[Watcher]:
    """Import some packages, and yield who watches what they are for."""
    with ExitStack() as stack:
        with _word(arguments, packages):
            stack.enter_context(libraries.loaded(packages))
        # From here on there are arrays, which circles of objects would keep; what is imported needn't be looked through.
        gc.freeze()
        gc.enable()
        yield watcher(arguments)


def watcher(arguments: argparse.Namespace) -> Watcher:
    """Return who watches: bars in a terminal, lines elsewhere and with --verbose, nobody with --quiet.

    What it tells goes to standard error where standard output is for a program.
    """
    from snnc.training.progress import Lines, Nobody, Terminal

    if arguments.quiet:
        return Nobody()
    messages = sys.stderr if getattr(arguments, "json", False) else None
    if arguments.verbose:
        return Lines(messages, pause=0)
    return Terminal(messages) if sys.stderr.isatty() else Lines(messages)


@contextmanager
def _word(arguments: argparse.Namespace, packages: Sequence[str]) -> Iterator[None]:
    """Say that packages are imported while they are, unless they are there."""
    missing = [name for name in packages if name not in sys.modules]
    words = next((WORDS[name] for name in WORDS if name in missing), "")
    if not words or arguments.quiet:
        yield
        return
    libraries.ensure_fit()
    started = monotonic()
    with meanwhile(words, stays=arguments.verbose):
        yield
    if arguments.verbose:
        there = ", ".join(f"{name} {version}" for name, version in libraries.versions().items())
        print(f"snnc: imported in {monotonic() - started:.1f} s: {there}", file=sys.stderr)


@contextmanager
def meanwhile(words: str, stays: bool = False) -> Iterator[None]:
    """Say on standard error what is done while it is; a terminal forgets it unless it `stays`, a log doesn't."""
    stays = stays or not sys.stderr.isatty()
    print(f"snnc: {words} ...", end="\n" if stays else "", file=sys.stderr, flush=True)
    try:
        yield
    finally:
        if not stays:
            # Back to the line's beginning, and clear it.
            print("\r\033[K", end="", file=sys.stderr, flush=True)
