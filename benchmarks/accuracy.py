"""What a short presentation costs: spikes streamed on the emulator minus the float twin, over seeds.

    python benchmarks/accuracy.py [specs/jets.toml ...] [--table FILE.npz ...] [--data FILE] [--times 0.1 0.05] -o FOLDER

Trains each spec and its float twin from several seeds, and shows all test items at each time with the same parameters. A table
is a file with `x`, (n, features), `y`, labels from 0, and `class_names`: it gets what `snnc new` writes, with dense layers of 64
and 32, trained for as long as `snnc new --data` says. What the folder holds already isn't trained again. `--tune 0.02` adds
what `snnc tune --time 0.02` chooses. To choose values, `--held-out` trains on three quarters of the training items and shows
the others: no test item is looked at.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from snnc.diagnostics.document import Document
from snnc.drafting.text import length
from snnc.environment import libraries
from snnc.pipeline import check_document
from snnc.program.program import Program
from snnc.resources import folder
from snnc.spec.changes import Changes, changed
from snnc.spec.read import parse, read

if TYPE_CHECKING:
    from snnc.data.prepare import Data
    from snnc.networks.folding import Weights
    from snnc.training.params_file import Trained

ROOT = Path(__file__).resolve().parent.parent

#: How often the bootstrap draws seeds, and of each its items.
DRAWS = 2000


class Compared(NamedTuple):
    """What one seed's spikes, at each time, and its rate neurons have right on its test items, minus what the float twin has."""

    twin: float
    rates: float
    #: Of each item +1, 0 or -1, by how it was shown.
    gains: dict[str, Any]
    #: Of all layers, an item, shown for the longest time.
    spikes: float


class Ways(NamedTuple):
    """How test items are shown: for some times in seconds, and tuned for one, if any."""

    times: tuple[float, ...]
    tuned: float | None

    @property
    def heads(self) -> list[str]:
        tuned = [] if self.tuned is None else [f"{ms(self.tuned)}, tuned"]
        return [*map(ms, self.times), *tuned]


class Source(NamedTuple):
    """A spec with its seed, and the file that its items are read from instead of from what it names."""

    document: Document
    data_file: Path | None

    def program(self, changes: Changes | None = None) -> Program:
        document = changed(self.document, changes) if changes else self.document
        return check_document(document, self.data_file).program


def main() -> None:
    arguments = _arguments()
    libraries.load()
    ways = Ways(tuple(arguments.times), arguments.tune)
    print(
        "In points, spikes on the emulator (stream) minus the float twin, on the same test items:"
    )
    print(
        "the mean over seeds, and its 95 % interval from a bootstrap that draws seeds, then items.\n"
    )
    spikes = f"spikes, {ms(max(ways.times))}"
    heads = ["", "seeds", "n", "float", "rates - float", *ways.heads, spikes]
    print(line(heads))
    print(line(["---"] * len(heads)))
    for document in _documents(arguments):
        seeds = []
        for seed in seeds_of(document, arguments.seeds):
            one = Source(changed(document, {("network", "seed"): seed}), arguments.data)
            one = held_out(one, arguments.o) if arguments.held_out else one
            seeds.append(_compared(one, ways, arguments.o))
        print(line(_cells(document.data["network"]["name"], seeds, ways.heads)), flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("specs", nargs="*", type=Path, help="specs (default: jets and digits)")
    parser.add_argument("--table", nargs="+", type=Path, default=[], help="tables, as npz files")
    parser.add_argument("--data", type=Path, help="what the specs' data are read from")
    parser.add_argument("--seeds", type=int, default=3, help="how many, from the spec's own on")
    parser.add_argument("--times", type=float, nargs="+", default=[0.1, 0.05, 0.03, 0.02])
    add_set(parser)
    parser.add_argument("--tune", type=float, metavar="SECONDS", help="also tune for this time")
    parser.add_argument(
        "--held-out", action="store_true", help="show a quarter of the training items instead"
    )
    parser.add_argument("-o", type=Path, required=True, help="where trainings are kept")
    return parser.parse_args()


def add_set(parser: argparse.ArgumentParser) -> None:
    """Let a parser take changes of all specs: `dict(arguments.set)`."""
    parser.add_argument(
        "--set",
        nargs="+",
        type=_change,
        default=[],
        metavar="KEY=VALUE",
        help="other values in all specs, such as neurons.max_rate=250",
    )


def _documents(arguments: argparse.Namespace) -> Iterator[Document]:
    changes = dict(arguments.set)
    specs = arguments.specs
    if not specs and not arguments.table:
        specs = [ROOT / "specs/jets.toml", ROOT / "specs/digits.toml"]
    for path in specs:
        yield changed(read(path), changes)
    for path in arguments.table:
        yield changed(of_table(path), changes)


def _change(text: str) -> tuple[tuple[str | int, ...], Any]:
    key, _, value = text.partition("=")
    path = tuple(int(name) if name.isdecimal() else name for name in key.strip().split("."))
    return path, parse(f"value = {value}".encode(), Path("--set")).data["value"]


def of_table(path: Path) -> Document:
    """Return what `snnc new` writes, for a table."""
    import numpy as np

    with np.load(path, allow_pickle=False) as arrays:
        (items, features), classes = arrays["x"].shape, len(arrays["class_names"])
    # The usual fifth of the items is held out.
    training = length(items - math.ceil(0.2 * items))
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
        ("train", "epochs"): training.epochs,
        ("train", "batch_size"): training.batch_size,
    }
    return changed(new, changes)


def seeds_of(document: Document, n: int) -> range:
    first = document.data["network"].get("seed", 0)
    return range(first, first + n)


def held_out(source: Source, kept: Path) -> Source:
    """Return the same spec without its test items: a quarter of its training items are those, and the others are trained on."""
    import numpy as np

    from snnc.data.prepare import parts, split

    document, program = source.document, source.program()
    items = split(program)
    shown, seen = parts(program.network.seed + 1, len(items.x_train), 0.25)
    shape = program.network.input_shape
    arrays = {
        "x_train": items.x_train[seen].reshape(-1, *shape),
        "y_train": items.y_train[seen],
        "x_test": items.x_train[shown].reshape(-1, *shape),
        "y_test": items.y_train[shown],
    }
    kept.mkdir(parents=True, exist_ok=True)
    path = kept / f"{program.name}.{program.network.seed}.held_out.npz"
    np.savez(path, **arrays)
    own = (name for name in ("name", "x", "y", "test_fraction") if name in document.data["data"])
    changes: Changes = {
        **{("data", name): None for name in own},
        **{("data", name): name for name in arrays},
        ("data", "kind"): "npz",
        ("data", "path"): path.name,
        ("data", "scale"): program.data.scale,
    }
    return Source(changed(document, changes), path)


def _compared(source: Source, ways: Ways, kept: Path) -> Compared:
    """Train one seed, unless that is done, and show its test items in each way."""
    from snnc.running.emulated import emulate
    from snnc.running.rates import rate_answers
    from snnc.trials.outcome import spikes_of

    program = source.program()
    held = ".held_out" if source.data_file and source.data_file.parent == kept else ""
    where = kept / f"{program.name}.{program.network.seed}{held}"
    trained = train_here(program, where)
    labels, x = trained.y_test, trained.x_test
    assert trained.baseline is not None
    right = trained.baseline == labels
    spikes, gains = 0.0, {}
    for time in sorted(ways.times):
        # Only the presentation differs, so that the parameters stay.
        shown = source.program({("presentation", "time"): time}).presentation
        other = replace(trained.program, presentation=shown)
        answers = emulate(other, x)
        gains[ms(time)] = (answers.classes == labels).astype(int) - right
        spikes = spikes_of(answers, other)
    if ways.tuned is not None:
        answers = emulate(_tuned(source, program, where, ways.tuned), x)
        gains[ways.heads[-1]] = (answers.classes == labels).astype(int) - right
    twin = float(right.mean())
    rates = float((rate_answers(trained.program, x).classes == labels).mean())
    return Compared(twin, rates - twin, gains, spikes)


def _tuned(source: Source, program: Program, where: Path, time: float) -> Program:
    """Return what `snnc tune --time` chooses, by items that aren't test items, with its usual values."""
    from snnc.training.progress import Nobody
    from snnc.trials.tune import tune
    from snnc.trials.variant import variant

    steps = round(time / program.network.dt)
    found = tune(source.document, program, where, steps, 2000, 0.003, Nobody())
    return variant(
        source.document, found.program, found.chosen.setting.changes(found.program)
    ).program


def train_here(
    program: Program, where: Path, learn: Callable[[Program, Data], Weights] | None = None
) -> Trained:
    """Return what a folder holds of a program and its float twin, once both are trained and saved there.

    `learn` trains the program in another way than `snnc train`.
    """
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
        layers = {layer.name: layer.get_weights() for layer in model.layers}
        answers = baseline_answers(model, program, items.x_test).classes
        twin = baseline_file.Baseline(layers, answers)
        baseline_file.save_baseline(paths.baseline, program, items, twin)
    if not params_file.is_complete(paths.params, program, items):
        if learn:
            weights = learn(program, items)
        else:
            net = training_network(program.network)
            weights = train(net, program, items.x_train, items.y_train)
        deployed = deploy(program.network, weights)
        params_file.save_training(paths, program, deployed, items, ())
    return params_file.load(program, where)


def _cells(name: str, seeds: Sequence[Compared], heads: Sequence[str]) -> list[str]:
    n = len(seeds[0].gains[heads[0]])
    twin = sum(seed.twin for seed in seeds) / len(seeds)
    rates = sum(seed.rates for seed in seeds) / len(seeds)
    gains = [interval([seed.gains[head] for seed in seeds]) for head in heads]
    spikes = f"{sum(seed.spikes for seed in seeds) / len(seeds):,.0f}"
    return [
        *(name, str(len(seeds)), f"{n:,}", f"{100 * twin:.1f}", f"{100 * rates:+.1f}"),
        *(*gains, spikes),
    ]


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


def ms(seconds: float) -> str:
    return f"{1000 * seconds:g} ms"


def line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
