"""A cluster of Dask on this machine: a scheduler and workers, each a process."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

from tests.conftest import ROOT


@contextmanager
def scheduler(folder: Path) -> Iterator[str]:
    """Yield the address of a scheduler without workers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with _dask(folder, "scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard"):
        yield f"tcp://127.0.0.1:{port}"


@contextmanager
def workers(address: str, folder: Path, n: int) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Yield n workers of one thread each."""
    if not n:
        yield []
        return
    own = folder / f"worker{n}"
    own.mkdir()
    options = ("--nthreads", "1", "--no-nanny", "--no-dashboard", "--local-directory", str(own))
    with _dask(own, "worker", address, *options) as one, workers(address, folder, n - 1) as others:
        yield [one, *others]


def killed_when_busy(worker: subprocess.Popen[bytes]) -> Thread:
    """Kill a worker in the midst of its first task; return the thread that waits for that."""

    def kill() -> None:
        for _ in range(3000):
            if _busy(worker.pid):
                # Midway: its process is importing or training.
                time.sleep(1)
                worker.send_signal(signal.SIGKILL)
                worker.wait()
                return
            time.sleep(0.02)

    killer = Thread(target=kill)
    killer.start()
    return killer


@contextmanager
def _dask(folder: Path, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with (folder / f"{arguments[0]}.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "distributed.cli.dask_" + arguments[0], *arguments[1:]],
            cwd=folder,
            env=environment,
            stdout=log,
            stderr=log,
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _busy(pid: int) -> bool:
    """Whether a worker has a process at work."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    threads = Path(f"/proc/{pid}/task").glob("*/children")
    return children.exists() and any(path.read_text().strip() for path in threads)
