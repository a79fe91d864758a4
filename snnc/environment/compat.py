"""NengoDL and NengoLoihi beside today's TensorFlow and NumPy, which their last releases don't know.

`prepare` is called before they are imported; `python -m snnc.compat SCRIPT [ARGS]` prepares, then runs an emitted script.

A few lines of theirs name what has moved since. An import hook puts today's names there, in memory, as the modules are
loaded. Nothing else changes: NumPy, Keras and `sys.modules` are as any other package would find them. Each rewriting is for a
version, so that on the frozen stack (TensorFlow 2.12, NumPy 1) there is none, nor a hook.
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
from snnc.environment.versions import installed

#: What a module says, and what it would say today.
Rewriting = Mapping[str, str]

#: TensorFlow 2.16 brought Keras 3; NengoDL needs the Keras before, which is tf-keras now.
OLD_KERAS: dict[str, Rewriting] = {
    "nengo_dl.compat": {
        "from keras.engine.functional import": "from tf_keras.src.engine.functional import",
        "from keras.layers import": "from tf_keras.src.layers import",
    }
}

#: Python 3.12 takes no float here. tf-keras 2.19 and later don't say it any more.
WHOLE_SEEDS: dict[str, Rewriting] = {
    "tf_keras.src.backend": {"randint(1, 1e9)": "randint(1, int(1e9))"},
    "tf_keras.src.utils.tf_utils": {"randint(1, 1e9)": "randint(1, int(1e9))"},
}

#: NumPy 2 takes `copy=False` for "never copy". They mean "only if needed", which is `copy=None` now.
COPY_IF_NEEDED: dict[str, Rewriting] = {
    "nengo_loihi.block": {"copy=False": "copy=None"},
    "nengo_loihi.neurons": {"copy=False": "copy=None"},
}


def prepare() -> None:
    """Let NengoDL and NengoLoihi find what they need in the versions that are installed.

    Call it before TensorFlow, NengoDL or NengoLoihi is imported. A second call changes nothing. A UsageError says that it is
    too late.
    """
    rewritings: dict[str, Rewriting] = {}
    if _is_since("tensorflow", "2.16"):
        os.environ["TF_USE_LEGACY_KERAS"] = "1"  # tf.keras is tf-keras
        rewritings |= OLD_KERAS | WHOLE_SEEDS
    if _is_since("numpy", "2"):
        _refuse_what_is_too_late(COPY_IF_NEEDED)
        rewritings |= COPY_IF_NEEDED
    if _is_since("numpy", "1.24"):
        # NengoLoihi's emulator fills arrays of integers with NaN, then with numbers.
        warnings.filterwarnings("ignore", "invalid value encountered in cast", RuntimeWarning)
    if _is_since("nengo", "4"):
        # Both say that they weren't tested with it. The tests of snnc are.
        warnings.filterwarnings(
            "ignore", message="This version of .* has not been tested with your"
        )
    if rewritings and not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder(rewritings))


def _refuse_what_is_too_late(rewritings: Mapping[str, Rewriting]) -> None:
    loaded = [sys.modules[name] for name in rewritings if name in sys.modules]
    if any(not isinstance(module.__loader__, _Loader) for module in loaded):
        raise UsageError(
            "nengo_loihi was imported before it was adapted to NumPy 2: import snnc.emulator before it, "
            "or run the script with python -m snnc.compat SCRIPT"
        )


def _is_since(package: str, version: str) -> bool:
    found = installed(package)
    return found is not None and Version(found) >= Version(version)


class _Finder(MetaPathFinder):
    """Finds the modules that are rewritten, where they are found anyway."""

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
    def __init__(self, fullname: str, path: str, rewriting: Rewriting) -> None:
        super().__init__(fullname, path)
        self.rewriting = rewriting

    def get_code(self, fullname: str) -> CodeType | None:
        source = self.get_source(fullname) or ""
        now = source
        for old, new in self.rewriting.items():
            now = now.replace(old, new)
        if now == source:
            return super().get_code(fullname)
        # Neither read from bytecode nor kept as such: that belongs to the file as it is.
        return self.source_to_code(now, self.path)


#: What NengoLoihi looks for when it is imported, and does without where it isn't installed; it takes ten seconds.
HEAVY = ("tensorflow", "nengo_dl", "nengo_extras")


class _Without(MetaPathFinder):
    """Finds that some modules aren't there."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> None:
        if fullname in HEAVY:
            raise ModuleNotFoundError(f"{fullname} isn't needed here", name=fullname)


@contextmanager
def without_tensorflow() -> Iterator[None]:
    """Let NengoLoihi be imported as where there is no TensorFlow, which only training with its neurons needs."""
    finder = _Without()
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


def reunite() -> None:
    """Tell a NengoLoihi that was imported without TensorFlow, in the same process, that it is there now."""
    neurons = sys.modules.get("nengo_loihi.neurons")
    if neurons is None or neurons.HAS_DL:
        return
    found = importlib.reload(sys.modules["nengo_loihi.compat"])
    builders = importlib.import_module("nengo_extras.loihi_training")
    for name in ("HAS_DL", "HAS_TF", "nengo_dl", "tf"):
        setattr(neurons, name, getattr(found, name))
    for name in ("LoihiLIFBuilder", "LoihiSpikingRectifiedLinearBuilder"):
        setattr(neurons, name, getattr(builders, name))


@contextmanager
def quietly() -> Iterator[None]:
    """Silence stderr below Python: TensorFlow talks of GPUs, and NengoDL starts a second one, only to look for them."""
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
    """Let TensorFlow look for GPUs now; it would complain of missing ones later, amid what a run prints."""
    with quietly():
        importlib.import_module("tensorflow").config.list_physical_devices("GPU")


def main() -> int:
    """Run a script as `python SCRIPT` would, once all is prepared."""
    parser = argparse.ArgumentParser(
        prog="python -m snnc.compat",
        description="Run a script that snnc wrote on Python 3.12 or 3.13, with today's TensorFlow and NumPy.",
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
    # The script imports them anyway, with a dozen lines of talk.
    with suppress(ImportError), quietly():
        importlib.import_module("nengo_dl")
        find_gpus()
    sys.argv[:] = [given.script, *given.arguments]
    if not getattr(sys.flags, "safe_path", False):  # Python 3.11 has it
        sys.path[0] = str(Path(given.script).resolve().parent)
    runpy.run_path(given.script, run_name="__main__")
    return 0


if __name__ == "__main__":
    # As the module that the script may import too, so that both know one hook.
    sys.exit(importlib.import_module("snnc.compat").main())
