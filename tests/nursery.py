"""A process that has imported all it needs, and forks a child for every command that is to be killed.

    python -m tests.nursery compile|train

reads lines of JSON, {"arguments": [...], "seconds": 1.5}, and answers each with {"code": 0, "phase": "epoch"}: how
`snnc` with those arguments ended, -9 if it was killed after so many seconds, and what it was doing then.
"""

from __future__ import annotations

import functools
import json
import mmap
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from snnc.cli import main
from snnc.scripts import on_disk

#: What a child is doing, for its parent to see.
PHASE = mmap.mmap(-1, 20)


def noted(phase: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that says what it does while it does it."""

    @functools.wraps(function)
    def noting(*args: Any, **kwargs: Any) -> Any:
        before, PHASE[:] = PHASE[:], phase.ljust(20).encode()
        try:
            return function(*args, **kwargs)
        finally:
            PHASE[:] = before

    return noting


def write_slowly(path: Path, content: bytes | memoryview) -> int:
    """As on a slow disk: writes are where a kill can do harm, and this one has hardly any."""
    half = len(content) // 2
    with path.open("wb") as file:
        file.write(content[:half])
        file.flush()
        time.sleep(0.02)
        return half + file.write(content[half:])


def synchronise_slowly(file: int) -> None:
    time.sleep(0.02)


def note_training() -> None:
    """Import everything, run no operation, and note what training does."""
    from snnc.environment import libraries

    libraries.load()
    import nengo_dl

    from snnc import session
    from snnc.training import baseline, checkpoint, params_file

    nengo_dl.Simulator.__init__ = noted("build", nengo_dl.Simulator.__init__)
    nengo_dl.Simulator.fit = noted("epoch", nengo_dl.Simulator.fit)
    baseline.baseline_network = noted("build twin", baseline.baseline_network)
    session.train_baseline = noted("epoch of twin", session.train_baseline)
    checkpoint.save = noted("write checkpoint", checkpoint.save)
    # What follows training takes as long as training, and writes nothing.
    nothing = SimpleNamespace(rows=(), text=lambda _: "", refuse_silence=lambda: None)
    session._tested = lambda *_: nothing
    session.silent_filters = lambda *_: ()
    for module, name in (
        (params_file, "save_params"),
        (params_file, "save_test"),
        (params_file, "save_history"),
        (session, "save_baseline"),
    ):
        setattr(module, name, noted(f"write {name[5:]}", getattr(module, name)))


def run(arguments: list[str], seconds: float) -> int:
    """Run a command in a child that is killed after some seconds; return its exit code."""
    PHASE[:] = b"start".ljust(20)
    started = time.monotonic()
    child = os.fork()
    if not child:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        os._exit(main(arguments))
    while time.monotonic() < started + seconds:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.0005)
    os.kill(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


if __name__ == "__main__":
    if sys.argv[1] == "train":
        note_training()
    on_disk.write_text = noted("write", on_disk.write_text)
    Path.write_bytes = write_slowly  # type: ignore[method-assign, assignment]
    os.fsync = synchronise_slowly  # type: ignore[assignment]
    for line in sys.stdin:
        command = json.loads(line)
        code = run(command["arguments"], command["seconds"])
        print(json.dumps({"code": code, "phase": PHASE[:].decode().strip()}), flush=True)
