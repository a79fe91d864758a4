"""Train specs with two revisions of this repository, and compare what comes out: every parameter, and what spikes answer.

    python -m tests.same_weights BEFORE AFTER specs/digits.toml specs/jets.toml --instead "time = 0.1" "time = 0.1\\nlatency = 0"

Both train the spec as it is at BEFORE, by `snnc train`, for as few epochs as are asked for, and run it by `snnc run --json`.
Where a default has changed since, say with `--instead` which text AFTER reads instead of which: the old default, written out.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

GIT = ("git", "-C", str(Path(__file__).resolve().parent.parent), "worktree")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("before", help="what git calls it: a commit, a tag, a branch")
    parser.add_argument("after")
    parser.add_argument("specs", type=Path, nargs="*", metavar="SPEC")
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--items", type=int, default=20)
    parser.add_argument("--data", type=Path, help="items, as `snnc train` takes them")
    parser.add_argument("--instead", nargs=2, default=["", ""], metavar="TEXT")
    chosen = parser.parse_args()
    options = ["--data", str(chosen.data.resolve())] if chosen.data else []
    was, written = (text.replace("\\n", "\n") for text in chosen.instead)
    differ = 0
    with tempfile.TemporaryDirectory() as folder:
        trees = [Path(folder) / name for name in ("before", "after")]
        try:
            for tree, revision in zip(trees, (chosen.before, chosen.after), strict=True):
                subprocess.run([*GIT, "add", "-q", "--detach", tree, revision], check=True)
            own = sorted(path.relative_to(trees[0]) for path in trees[0].glob("specs/*.toml"))
            for spec in chosen.specs or [path for path in own if path.stem != "cifar10"]:
                text = (trees[0] / spec).read_text()
                texts = [text, text.replace(was, written) if was else text]
                said = compared(trees, spec, texts, chosen.epochs, chosen.items, options)
                differ += not said.startswith("equal")
                print(f"{spec.stem}: {said}", flush=True)
        finally:
            for tree in trees:
                subprocess.run([*GIT, "remove", "--force", tree], check=False)
    return int(differ > 0)


def compared(
    trees: list[Path], spec: Path, texts: list[str], epochs: int, items: int, options: list[str]
) -> str:
    """Return in words what differs between what two revisions make of a spec."""
    try:
        (weights, runs), (weights_after, runs_after) = (
            trained(tree, spec, text, epochs, items, options)
            for tree, text in zip(trees, texts, strict=True)
        )
    except subprocess.CalledProcessError as error:
        return f"not trained: {error.stderr.strip().splitlines()[-1:]}"
    names = sorted(weights.keys() & weights_after.keys())
    other = [name for name in names if weights[name] != weights_after[name]]
    alone = sorted(weights.keys() ^ weights_after.keys())
    spikes = "the same answers and rates" if runs == runs_after else "OTHER ANSWERS OR RATES"
    return (
        f"{'differs' if other or runs != runs_after else 'equal'}; {len(names) - len(other)} of {len(names)} arrays bit for bit"
        f"{', but ' + ', '.join(other) if other else ''}; in one alone: {', '.join(alone) or 'none'}; {spikes}"
    )


def trained(
    tree: Path, spec: Path, text: str, epochs: int, items: int, options: list[str]
) -> tuple[dict[str, Any], list[Any]]:
    """Train and run a spec with a revision; return its numbers, bit for bit, and what each run counted."""
    (tree / spec).write_text(text)
    folder = str(tree / "trained")
    shared = [str(spec), "-o", folder, *options]
    command(tree, "train", *shared, "--epochs", str(epochs))
    printed = command(tree, "run", *shared, "--items", str(items), "--json")
    (params,) = (
        path for path in Path(folder).glob("*.params.npz") if path.stem.startswith(spec.stem)
    )
    with np.load(params) as arrays:
        numbers = {name: array for name, array in arrays.items() if array.dtype.kind in "biuf"}
    exact = {name: (str(a.dtype), a.shape, a.tobytes()) for name, a in numbers.items()}
    return exact, list(map(counted, json.loads(printed)["rows"]))


def counted(row: Any) -> tuple[Any, ...]:
    """Return what a run has counted, without intervals, times, and what only one revision prints."""
    # Means that are added up in another order differ in the last bit.
    layers = [(of["name"], round(of["rate"], 9), of["silent"]) for of in row["layers"]]
    spikes = (row["simulated"] or {}).get("spikes")
    return row["on"], row["accuracy"]["value"], layers, spikes


def command(tree: Path, *arguments: str) -> str:
    return subprocess.run(
        [sys.executable, "-m", "snnc", *arguments],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout


if __name__ == "__main__":
    sys.exit(main())
