"""Time five seeds of a spec trained side by side, in two processes, and the same five trained one after the other.

Each of the latter is what a user would type without `--seeds`: `snnc train` of a spec with another seed. Both are timed in one
run, and what counts is their ratio.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from shutil import copytree
from time import perf_counter

from snnc.spec.changes import changed
from snnc.spec.read import read

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("spec", nargs="?", type=Path, default=ROOT / "specs/digits.toml")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--epochs", type=int, help="train this often (default: as the spec says)")
    arguments = parser.parse_args()
    more = ["--epochs", str(arguments.epochs)] if arguments.epochs else []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if (data := arguments.spec.parent / "data").is_dir():
            copytree(data, folder / "data")
        spec = read(arguments.spec)
        together = folder / arguments.spec.name
        together.write_text(spec.text)
        alone = [folder / f"seed{seed}.toml" for seed in range(arguments.seeds)]
        for seed, path in enumerate(alone):
            changes = {("network", "seed"): seed, ("network", "name"): f"seed{seed}"}
            path.write_text(changed(spec, changes).text)
        one_by_one, used = (
            sum(times) for times in zip(*(_seconds(p, *more) for p in alone), strict=True)
        )
        several = ["--seeds", str(arguments.seeds), "--jobs", str(arguments.jobs)]
        at_once, used_at_once = _seconds(together, *several, *more)
    cores = len(os.sched_getaffinity(0))
    print(f"{arguments.seeds} seeds of {arguments.spec.stem}, on {cores} cores:")
    print(f"one after the other {one_by_one:.0f} s, {arguments.jobs} at a time {at_once:.0f} s:")
    print(f"{at_once / one_by_one:.2f} times as long")
    # That don't depend on what else the machine does: with other work on it, two processes get more of it than one.
    print(
        f"of the processor {used:.0f} s and {used_at_once:.0f} s: {used_at_once / used:.2f} times"
    )


def _seconds(spec: Path, *more: str) -> tuple[float, float]:
    """Return how long a training takes, from the command to its table, and how much of that is the processor's."""
    began, before = perf_counter(), getrusage(RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, "-m", "snnc", "train", "-q", *more, spec.name],
        cwd=spec.parent,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=True,
        capture_output=True,
    )
    after = getrusage(RUSAGE_CHILDREN)
    used = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return perf_counter() - began, used


if __name__ == "__main__":
    main()
