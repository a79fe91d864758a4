"""How fast the emulator is, against the emulator of another revision of this repository.

    python benchmarks/before.py REVISION SCRIPT...

takes Loihi scripts that `snnc train` has left beside their parameters and held-out items. Each network runs on both emulators, in two processes that
take turns; their spikes are compared. What is printed is the median of the turns' ratios, and that of the seconds that the processor
worked for each, which the machine's other work changes less.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import NamedTuple

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
#: What stands before this file's own folder on the path decides whose emulator a process runs.
OWN = "SNNC_BEFORE_TREE"
CHAINS = 256


class Turn(NamedTuple):
    """How long a network took, in seconds of the clock and of the processor, and a digest of its logits."""

    seconds: float
    worked: float
    digest: str


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("revision", help="what git calls it: a commit, a tag, a branch")
    parser.add_argument("scripts", type=Path, nargs="+", metavar="SCRIPT", help="NAME_loihi.py")
    parser.add_argument("--items", type=int, default=4000)
    parser.add_argument("--turns", type=int, default=11)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        before = Path(folder) / "before"
        git = ["git", "-C", str(ROOT), "worktree"]
        subprocess.run([*git, "add", "-q", "--detach", before, arguments.revision], check=True)
        try:
            for script in arguments.scripts:
                print(compared(before, script, arguments.items, arguments.turns))
        finally:
            subprocess.run([*git, "remove", "--force", before], check=True)


def compared(before: Path, script: Path, items: int, turns: int) -> str:
    """Return how long a script's network takes on both emulators."""
    processes = [started(tree, script, items) for tree in (before, ROOT)]
    # The first turn of each is not counted: it finds the caches empty.
    pairs = [[turn(process) for process in processes] for _ in range(turns + 1)][1:]
    for process in processes:
        process.communicate()
    digests = {turn.digest for pair in pairs for turn in pair}
    ratios = [now.seconds / then.seconds for then, now in pairs]
    worked = median(now.worked / then.worked for then, now in pairs)
    then, now = (median(pair[i].seconds for pair in pairs) for i in range(2))
    same = "the same spikes" if len(digests) == 1 else "OTHER SPIKES"
    return (
        f"{script.stem}, {items} items: {median(ratios):.2f} of its time before "
        f"({min(ratios):.2f} to {max(ratios):.2f}, {turns} turns), {worked:.2f} of the processor's; {now:.2f} s against {then:.2f} s; {same}"
    )


def started(tree: Path, script: Path, items: int) -> subprocess.Popen[str]:
    """Start a process that runs a network whenever it is told to."""
    return subprocess.Popen(
        [sys.executable, __file__, script.resolve(), str(items)],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree), OWN: str(tree)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def turn(process: subprocess.Popen[str]) -> Turn:
    """Let a process run its network once."""
    assert process.stdin
    assert process.stdout
    process.stdin.write("run\n")
    process.stdin.flush()
    line = process.stdout.readline()
    if not line:
        raise SystemExit("a process ended by itself")
    seconds, worked, digest = line.split()
    return Turn(float(seconds), float(worked), digest)


def serve(tree: Path, path: Path, items: int) -> None:
    """Run a script's network once for each line that comes in."""
    import hashlib

    import snnc
    from snnc.emulator import Emulator

    if not Path(snnc.__file__).is_relative_to(tree):
        raise SystemExit(f"this would measure {snnc.__file__}")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec
    assert spec.loader
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    name = path.stem.removesuffix("_loihi")
    trained = dict(np.load(path.with_name(f"{name}.params.npz")))
    held_out = np.load(path.with_name(f"{name}.test.npz"))["x"].astype(float)
    x = (held_out - trained.get("input.shift", 0)) / trained.get("input.scale", 1)
    x = np.resize(x.reshape(len(x), -1), (items, x[0].size))
    net = script.build_network(trained, x)
    emulator = Emulator(net)
    (shown,) = (node for node in net.all_nodes if node.size_in == 0 and node.size_out == x.shape[1])
    for _ in sys.stdin:
        began, working = perf_counter(), process_time()
        result = emulator.run(
            {shown: x},
            script.PRESENTATION_STEPS,
            present="stream",
            chains=CHAINS,
            probes=[net.logits],
        )
        seconds, worked = perf_counter() - began, process_time() - working
        digest = hashlib.sha256(np.ascontiguousarray(result[net.logits])).hexdigest()
        print(seconds, worked, digest, flush=True)


if __name__ == "__main__":
    if OWN in os.environ:
        serve(Path(os.environ[OWN]), Path(sys.argv[1]), int(sys.argv[2]))
    else:
        main()
