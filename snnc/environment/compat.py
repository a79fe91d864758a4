"""Adapt NengoDL and NengoLoihi to today's TensorFlow and NumPy, which are newer than their last releases.

Call `prepare` before importing them. `python -m snnc.compat SCRIPT [ARGS]` calls it, then runs an emitted script.

A few lines of both libraries use names that have moved since. An import hook replaces those names in memory, while it loads
the modules. NumPy, Keras and `sys.modules` stay unchanged for all other packages. Each rewriting depends on an installed
version: the frozen stack (TensorFlow 2.12, NumPy 1) gets none but the one that has NengoDL look for GPUs without a second process.
"""

from __future__ import annotations

import argparse
import importlib
import os
import runpy
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType

from packaging.version import Version

from snnc.diagnostics.errors import UsageError, cannot
from snnc.environment.rewritings import (
    COPY_IF_NEEDED,
    FROM_BYTES,
    OLD_KERAS,
    ONE_PROCESS,
    WHOLE_SEEDS,
    Rewriting,
)
from snnc.environment.versions import installed


def prepare() -> None:
    """Adapt NengoDL and NengoLoihi to the installed versions of TensorFlow, NumPy and Nengo.

    Call it before importing TensorFlow, NengoDL or NengoLoihi; a second call changes nothing. Raises a UsageError if
    NengoLoihi was imported before.
    """
    rewritings: dict[str, Rewriting] = {}
    if _is_since("tensorflow", "2.16"):
        os.environ["TF_USE_LEGACY_KERAS"] = "1"  # tf.keras is tf-keras
        rewritings |= OLD_KERAS | WHOLE_SEEDS
    if _is_since("numpy", "2"):
        _refuse_loaded(COPY_IF_NEEDED)
        rewritings |= COPY_IF_NEEDED | FROM_BYTES
    if _is_since("numpy", "1.24"):
        # NengoLoihi's emulator fills integer arrays with NaN before it fills them with numbers.
        warnings.filterwarnings("ignore", "invalid value encountered in cast", RuntimeWarning)
    if _is_since("nengo-dl", "3.6"):
        rewritings |= ONE_PROCESS
    if _is_since("nengo", "4"):
        # Both libraries warn that nobody tested them with Nengo 4. The tests of snnc do.
        warnings.filterwarnings(
            "ignore", message="This version of .* has not been tested with your"
        )
    if rewritings and not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder(rewritings))


def _refuse_loaded(rewritings: Mapping[str, Rewriting]) -> None:
    """Raise a UsageError if a module was loaded without its rewriting."""
    loaded = [sys.modules[name] for name in rewritings if name in sys.modules]
    if any(not isinstance(module.__loader__, _Loader) for module in loaded):
        raise UsageError(
            "nengo_loihi was imported before it was adapted to NumPy 2: before it, import snnc.emulator "
            "or call snnc.compat.prepare(); or run the script with python -m snnc.compat SCRIPT"
        )


def _is_since(package: str, version: str) -> bool:
    present = installed(package)
    return present is not None and Version(present) >= Version(version)


class _Finder(MetaPathFinder):
    """Gives the modules that have a rewriting a loader that applies it."""

    def __init__(self, rewritings: Mapping[str, Rewriting]) -> None:
        self.rewritings = rewritings

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname not in self.rewritings:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.origin is not None:
            spec.loader = _Loader(fullname, spec.origin, self.rewritings[fullname])
        return spec


class _Loader(SourceFileLoader):
    """Compiles a module from its rewritten source."""

    def __init__(self, fullname: str, path: str, rewriting: Rewriting) -> None:
        super().__init__(fullname, path)
        self.rewriting = rewriting

    def get_code(self, fullname: str) -> CodeType | None:
        source = self.get_source(fullname) or ""
        rewritten = source
        for old, new in self.rewriting.items():
            rewritten = rewritten.replace(old, new)
        if rewritten == source:
            return super().get_code(fullname)
        # Bypasses the bytecode cache, which belongs to the file as it is.
        return self.source_to_code(rewritten, self.path)


#: Packages that NengoLoihi imports if they are installed. Importing them takes seconds.
HEAVY = ("tensorflow", "nengo_dl", "nengo_extras")


class _Without(MetaPathFinder):
    """Hides the heavy packages from import."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> None:
        if fullname in HEAVY:
            raise ModuleNotFoundError(f"{fullname} isn't needed here", name=fullname)


@contextmanager
def without_tensorflow() -> Iterator[None]:
    """Import NengoLoihi as if TensorFlow weren't installed: only training with its neurons needs TensorFlow."""
    finder = _Without()
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


def reunite() -> None:
    """Give TensorFlow to a NengoLoihi that this process imported without it."""
    neurons = sys.modules.get("nengo_loihi.neurons")
    if neurons is None or neurons.HAS_DL:
        return
    reloaded = importlib.reload(sys.modules["nengo_loihi.compat"])
    builders = importlib.import_module("nengo_extras.loihi_training")
    for name in ("HAS_DL", "HAS_TF", "nengo_dl", "tf"):
        setattr(neurons, name, getattr(reloaded, name))
    for name in ("LoihiLIFBuilder", "LoihiSpikingRectifiedLinearBuilder"):
        setattr(neurons, name, getattr(builders, name))


@contextmanager
def quietly() -> Iterator[None]:
    """Silence stderr of this process and its children: TensorFlow reports GPUs that it doesn't find."""
    sys.stderr.flush()
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def find_gpus() -> None:
    """Let TensorFlow look for GPUs now: later it would report missing ones in the middle of a run's output."""
    with quietly():
        importlib.import_module("tensorflow").config.list_physical_devices("GPU")


def main() -> int:
    """Prepare, then run a script as `python SCRIPT` would."""
    parser = argparse.ArgumentParser(
        prog="python -m snnc.compat",
        description="Run a script written by snnc, on Python 3.12 or 3.13, with today's TensorFlow and NumPy.",
    )
    parser.add_argument("script", metavar="SCRIPT")
    parser.add_argument("arguments", metavar="ARGS", nargs=argparse.REMAINDER, help="the script's")
    given = parser.parse_args()
    try:
        with Path(given.script).open("rb"):
            pass
    except OSError as error:
        print(f"snnc: {cannot('read', given.script, error)}", file=sys.stderr)
        return 2
    prepare()
    # The script imports them anyway. Importing them here hides a dozen lines of log messages.
    with suppress(ImportError), quietly():
        importlib.import_module("nengo_dl")
    sys.argv[:] = [given.script, *given.arguments]
    if not getattr(sys.flags, "safe_path", False):  # Python 3.11 has it
        sys.path[0] = str(Path(given.script).resolve().parent)
    runpy.run_path(given.script, run_name="__main__")
    return 0
