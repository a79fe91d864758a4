"""Five files as people have them, drafted, checked, trained and answered without an edit, beside scikit-learn's MLPClassifier.

    python benchmarks/own_data.py [-o FOLDER] [--only NAME ...] [--seeds N]

makes the files from scikit-learn's own data, and for each runs `snnc new NAME --data FILE`, `snnc check --data NAME.toml`,
`snnc train NAME.toml` and `snnc predict NAME.toml` on the items that training held out, written as they were. The MLPClassifier has layers of the same sizes, and the same items
to train on and to test on, which training held out. The table has the accuracy of both on those with Wilson's 95 % interval, and the
difference on the same items (Bonett and Price). With `--seeds N` each file is split and trained anew from so many seeds, the drafted
one first, which are put together: an item that is held out by several counts several times.
"""

from __future__ import annotations

import argparse
import csv
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn import datasets
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from snnc.data.prepare import Split, split
from snnc.pipeline import checked
from snnc.program.program import Program
from snnc.running.results import in_percent
from snnc.running.statistics import Interval, accuracy, paired_difference

Array = NDArray[Any]


@dataclass(frozen=True)
class Compared:
    """How many test items the chip's emulator and the MLPClassifier answer rightly, and what `check --data` had to say."""

    name: str
    spikes: Interval
    theirs: Interval
    difference: Interval
    warnings: int


def indexed(folder: Path) -> Path:
    """Write a csv file as pandas does, with its index, of columns that differ a hundredthousandfold in size."""
    x, y = datasets.load_breast_cancer(return_X_y=True)
    names = datasets.load_breast_cancer().feature_names
    order = np.argsort(y, kind="stable")
    lines = [["", *names, "target"]]
    lines += [[i, *map(repr, x[k].tolist()), int(y[k])] for i, k in enumerate(order)]
    return _csv(folder / "indexed.csv", lines)


def coded(folder: Path) -> Path:
    """Write a csv file with -999 in a few cells for values that are missing, and words for classes."""
    x, y = datasets.load_breast_cancer(return_X_y=True)
    chance = np.random.RandomState(0)
    x = x[:, :12].copy()
    x[chance.uniform(size=x.shape) < 0.01] = -999
    words = ["malignant", "benign"]
    lines = [["id", *(f"c{i}" for i in range(x.shape[1])), "diagnosis"]]
    lines += [
        [f"P-{1000 + i}", *map(repr, v.tolist()), words[c]]
        for i, (v, c) in enumerate(zip(x, y, strict=True))
    ]
    return _csv(folder / "coded.csv", lines)


def images(folder: Path) -> Path:
    """Write images of three channels, which come first."""
    x, y = datasets.load_digits(return_X_y=True)
    grey = x.reshape(-1, 8, 8)
    stacked = np.stack([grey, 16 - grey, np.roll(grey, 1, axis=2)], axis=1)
    path = folder / "images.npz"
    np.savez_compressed(path, images=(15 * stacked).astype(np.uint8), labels=y)
    return path


def one_hot(folder: Path) -> Path:
    """Write items with one-hot labels."""
    x, y = datasets.load_digits(return_X_y=True)
    path = folder / "one_hot.npz"
    np.savez_compressed(path, X=x.astype(np.float32), y=np.eye(10, dtype=np.float32)[y])
    return path


def broken(folder: Path) -> Path:
    """Write a csv file of which 3 % of the rows are broken: empty cells, words, cells too few or too many, labels of no class."""
    x, y = datasets.load_digits(return_X_y=True)
    chance = np.random.RandomState(1)
    lines: list[list[Any]] = [[f"pixel {i}" for i in range(64)] + ["digit"]]
    lines += [[*map(repr, v.tolist()), int(c)] for v, c in zip(x, y, strict=True)]
    ways: Sequence[Callable[[list[Any]], list[Any]]] = (
        lambda row: [*row[:7], "", *row[8:]],
        lambda row: [*row[:20], "n/a", *row[21:]],
        lambda row: [*row[:30], "#REF!", *row[31:]],
        lambda row: row[:40],
        lambda row: [*row, "0.0"],
        lambda row: [*row[:-1], "?"],
        lambda row: [*row[:10], "nan", *row[11:]],
    )
    for i, place in enumerate(chance.permutation(len(lines) - 1)[: int(0.03 * len(y))] + 1):
        lines[place] = ways[i % len(ways)](lines[place])
    return _csv(folder / "broken.csv", lines)


FILES = {f.__name__: f for f in (indexed, coded, images, one_hot, broken)}


def _csv(path: Path, lines: Sequence[Sequence[Any]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(lines)
    return path


def compared(name: str, folder: Path, seeds: int) -> Compared:
    """Go through one of the files from each seed, as a person would; raise if a command fails."""
    path = FILES[name](folder)
    _snnc(folder, "new", name, "--data", path.name)
    spec = folder / f"{name}.toml"
    said = _snnc(folder, "check", "--data", spec.name).stderr
    drafted = spec.read_text(encoding="utf-8")
    ours, theirs = [], []
    for seed in range(seeds):
        if seed:
            text = drafted.replace("[network]\n", f"[network]\nseed = {seed}\n")
            spec.write_text(text, encoding="utf-8")
        program = checked(spec).program
        items = split(program)
        ours.append(_answered(folder, name, program) == items.y_test)
        theirs.append(_answered_by_sklearn(program, items, seed) == items.y_test)
    spikes, other = np.concatenate(ours), np.concatenate(theirs)
    return Compared(
        name,
        accuracy(spikes),
        accuracy(other),
        paired_difference(spikes, other),
        said.count("warning["),
    )


def _answered(folder: Path, name: str, program: Program) -> Array:
    """Train a spec, and return what `snnc predict` answers of the items that training held out, (n,)."""
    answers = folder / f"{name}.answers.csv"
    _snnc(folder, "train", f"{name}.toml")
    new = _new_items(folder, name, program)
    _snnc(folder, "predict", f"{name}.toml", "--data", new.name, "-w", answers.name, "--force")
    with answers.open() as file:
        rows = list(csv.DictReader(file))
    names = list(program.network.output.labels or map(str, range(program.network.output.classes)))
    return np.array([names.index(row["answer"]) for row in rows])


def _answered_by_sklearn(program: Program, items: Split, seed: int) -> Array:
    """Return what an MLPClassifier of the same sizes answers of the same items, (n,)."""
    sizes = [population.size for population in program.network.populations]
    model = make_pipeline(StandardScaler(), MLPClassifier(sizes, random_state=seed))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(items.x_train, items.y_train)
    return np.asarray(model.predict(items.x_test))


def _new_items(folder: Path, name: str, program: Program) -> Path:
    """Write the items that training held out as they were in their file, without labels."""
    with np.load(folder / f"{name}.test.npz") as file:
        x = file["x"]
    if FILES[name](folder).suffix == ".npz":
        shape = program.item_shape
        if program.channels_first:
            x = np.moveaxis(x.reshape(len(x), *shape[1:], shape[0]), -1, 1)
        path = folder / f"{name}.new.npy"
        np.save(path, x)
        return path
    lines = [[f"v{i}" for i in range(x.shape[1])], *(map(repr, item.tolist()) for item in x)]
    return _csv(folder / f"{name}.new.csv", lines)


def _snnc(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "snnc", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"snnc {' '.join(arguments)}:\n{done.stdout}{done.stderr}")
    return done


def table(results: Sequence[Compared]) -> Iterator[str]:
    """Yield the lines of a table, in Markdown."""
    yield "| file | n | spikes, emulator, % (95 %) | MLPClassifier, % (95 %) | difference, points (95 %) | warnings of check --data |"
    yield "|---|---|---|---|---|---|"
    for r in results:
        cells = (
            r.name,
            r.spikes.n,
            in_percent(r.spikes),
            in_percent(r.theirs),
            in_percent(r.difference, "+"),
            r.warnings,
        )
        yield f"| {' | '.join(map(str, cells))} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        help="where files are written (default: a folder that is removed)",
    )
    parser.add_argument("--only", nargs="+", choices=list(FILES), default=list(FILES))
    parser.add_argument("--seeds", type=int, default=1, help="how many, from 0 on (default: 1)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.output or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        results = []
        for name in arguments.only:
            results.append(compared(name, folder, arguments.seeds))
            print(list(table(results))[-1], flush=True)
    print("\n" + "\n".join(table(results)))


if __name__ == "__main__":
    main()
