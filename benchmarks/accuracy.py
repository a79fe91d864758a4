"""What a short presentation costs: spikes streamed on the emulator minus the float twin, over seeds.

    python benchmarks/accuracy.py [specs/jets.toml ...] [--table FILE.npz ...] [--data FILE] [--times 0.1 0.05] -o FOLDER

Trains each spec and its float twin from several seeds, and shows all test items at each time with the same parameters. A table
is a file with `x`, (n, features), `y`, labels from 0, and `class_names`: it gets what `snnc new` writes, with dense layers of 64
and 32. What the folder holds already isn't trained again.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from snnc.diagnostics.document import Document
from snnc.environment import libraries
from snnc.pipeline import check_document
from snnc.program.program import Program
from snnc.resources import folder
from snnc.spec.changes import Changes, changed
from snnc.spec.read import parse, read

if TYPE_CHECKING:
    from snnc.training.params_file import Trained

ROOT = Path(__file__).resolve().parent.parent

#: How often the bootstrap draws seeds, and of each its items.
DRAWS = 2000


class Compared(NamedTuple):
    """What one seed's spikes, at each time, and its rate neurons have right on its test items, minus what the float twin has."""

    twin: float
    rates: float
    #: Of each item +1, 0 or -1, by the time in seconds that it was shown.
    gains: dict[float, Any]


def main() -> None:
    arguments = _arguments()
    libraries.load()
    times = arguments.times
    print(
        "In points, spikes on the emulator (stream) minus the float twin, on the same test items:"
    )
    print(
        "the mean over seeds, and its 95 % interval from a bootstrap that draws seeds, then items.\n"
    )
    heads = [f"{round(1000 * time)} ms" for time in times]
    print(line(["", "seeds", "n", "float", "rates - float", *heads]))
    print(line(["---"] * (5 + len(times))))
    for document in _documents(arguments):
        seeds = [
            _compared(document, seed, times, arguments.data, arguments.o)
            for seed in _seeds(document, arguments.seeds)
        ]
        print(line(_cells(document.data["network"]["name"], seeds, times)), flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("specs", nargs="*", type=Path, help="specs (default: jets and digits)")
    parser.add_argument("--table", nargs="+", type=Path, default=[], help="tables, as npz files")
    parser.add_argument("--data", type=Path, help="what the specs' data are read from")
    parser.add_argument("--seeds", type=int, default=3, help="how many, from the spec's own on")
    parser.add_argument("--times", type=float, nargs="+", default=[0.1, 0.05, 0.03, 0.02])
    parser.add_argument(
        "--set",
        nargs="+",
        default=[],
        metavar="KEY=VALUE",
        help="other values in all specs, such as neurons.max_rate=250",
    )
    parser.add_argument("-o", type=Path, required=True, help="where trainings are kept")
    return parser.parse_args()


def _documents(arguments: argparse.Namespace) -> Iterator[Document]:
    changes = dict(map(_change, arguments.set))
    specs = arguments.specs
    if not specs and not arguments.table:
        specs = [ROOT / "specs/jets.toml", ROOT / "specs/digits.toml"]
    for path in specs:
        yield changed(read(path), changes)
    for path in arguments.table:
        yield changed(_of_table(path), changes)


def _change(text: str) -> tuple[tuple[str | int, ...], Any]:
    key, _, value = text.partition("=")
    path = tuple(int(name) if name.isdecimal() else name for name in key.strip().split("."))
    return path, parse(f"value = {value}".encode(), Path("--set")).data["value"]


def _of_table(path: Path) -> Document:
    """Return what `snnc new` writes, for a table."""
    import numpy as np

    with np.load(path, allow_pickle=False) as arrays:
        features, classes = arrays["x"].shape[1], len(arrays["class_names"])
    text = (folder("templates") / "new.toml").read_text().replace("NAME", path.stem)
    new = parse(text.encode(), path.with_suffix(".toml"))
    data = {"kind": "npz", "path": path.name, "x": "x", "y": "y", "scale": "standard"}
    changes: Changes = {
        ("data", "name"): None,
        **{("data", key): value for key, value in data.items()},
        ("input", "shape"): [features],
        ("layers", 0, "units"): 64,
        ("layers", 2, "units"): 32,
        ("output", "classes"): classes,
    }
    return changed(new, changes)


def _seeds(document: Document, n: int) -> range:
    first = document.data["network"].get("seed", 0)
    return range(first, first + n)


def _compared(
    document: Document,
    seed: int,
    times: Sequence[float],
    data_file: Path | None,
    kept: Path,
) -> Compared:
    """Train one seed, unless that is done, and show its test items at each time."""
    from snnc.running.emulated import emulate
    from snnc.running.rates import rate_answers

    seeded = changed(document, {("network", "seed"): seed})
    program = check_document(seeded, data_file).program
    trained = _trained(program, kept / f"{program.name}.{seed}")
    labels, x = trained.y_test, trained.x_test
    assert trained.baseline is not None
    right = trained.baseline == labels
    gains = {}
    for time in times:
        # Only the presentation differs, so that the parameters stay.
        shown = check_document(changed(seeded, {("presentation", "time"): time}), data_file).program
        answers = emulate(replace(trained.program, presentation=shown.presentation), x)
        gains[time] = (answers.classes == labels).astype(int) - right
    twin = float(right.mean())
    rates = float((rate_answers(trained.program, x).classes == labels).mean())
    return Compared(twin, rates - twin, gains)


def _trained(program: Program, where: Path) -> Trained:
    """Return what a folder holds of a program and its float twin, once both are trained and saved there."""
    from snnc.data import prepare
    from snnc.networks.build import training_network
    from snnc.networks.deploy import deploy
    from snnc.session import baseline_answers
    from snnc.training import baseline_file, params_file
    from snnc.training.baseline import train_baseline
    from snnc.training.paths import Paths
    from snnc.training.train import train

    where.mkdir(parents=True, exist_ok=True)
    paths, items = Paths.of(program, where), prepare.load(program)
    if not baseline_file.is_baseline_complete(paths.baseline, program, items):
        model = train_baseline(program, items.x_train, items.y_train)
        weights = {layer.name: layer.get_weights() for layer in model.layers}
        answers = baseline_answers(model, program, items.x_test).classes
        twin = baseline_file.Baseline(weights, answers)
        baseline_file.save_baseline(paths.baseline, program, items, twin)
    if not params_file.is_complete(paths.params, program, items):
        trained = train(training_network(program.network), program, items.x_train, items.y_train)
        deployed = deploy(program.network, trained)
        params_file.save_training(paths, program, deployed, items, ())
    return params_file.load(program, where)


def _cells(name: str, seeds: Sequence[Compared], times: Sequence[float]) -> list[str]:
    n = len(seeds[0].gains[times[0]])
    twin = sum(seed.twin for seed in seeds) / len(seeds)
    rates = sum(seed.rates for seed in seeds) / len(seeds)
    gains = [interval([seed.gains[time] for seed in seeds]) for time in times]
    return [name, str(len(seeds)), f"{n:,}", f"{100 * twin:.1f}", f"{100 * rates:+.1f}", *gains]


def interval(gains: Sequence[Any]) -> str:
    """Return the mean gain over seeds and items, and the interval of a bootstrap over both."""
    import numpy as np

    random = np.random.RandomState(0)
    means = []
    for _ in range(DRAWS):
        drawn = random.randint(len(gains), size=len(gains))
        # Items gain, lose or stay: their draw with replacement is multinomial.
        shares = [np.array([np.mean(gains[k] == v) for v in (1, 0, -1)]) for k in drawn]
        counts = [random.multinomial(len(gains[k]), s) for k, s in zip(drawn, shares, strict=True)]
        means.append(np.mean([(up - down) / (up + same + down) for up, same, down in counts]))
    low, high = 100 * np.percentile(means, [2.5, 97.5])
    return f"{100 * np.mean([g.mean() for g in gains]):+.1f} ({low:+.1f} to {high:+.1f})"


def line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
