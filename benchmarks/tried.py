"""What was tried against the loss from the float twin to spikes: other ways to train, and to read, minus the spec as it is.

    python benchmarks/tried.py --table FILE.npz ... [--seeds 3] [--times 0.1 0.05 0.03] [--only NAME ...] -o FOLDER

Each table gets what `snnc new` writes, with dense layers of 64 and 32; `--set train.epochs=30` changes it. No test item is looked at: a quarter of the training
items, drawn by the seed, is held out, and shown as a stream on the emulator. What the folder holds isn't trained again.
"""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from unittest import mock

from accuracy import Source, add_set, held_out, interval, line, ms, of_table, seeds_of, train_here

from snnc.environment import libraries
from snnc.program.program import Program
from snnc.spec.changes import Changes, changed

if TYPE_CHECKING:
    from snnc.data.prepare import Data
    from snnc.networks.folding import Weights
    from snnc.running.answers import Answers
    from snnc.training.params_file import Trained

#: Which items are answered right, (n,), by whom.
Right = dict[str, Any]

TWIN, RATES = "float twin", "rates"
RATE = ("train", "optimizer", "learning_rate")

#: On so many training items a readout is fitted.
READ = 4000


class Way(NamedTuple):
    """Another way to train: changes of the spec, given its epochs and its steps, and a training that no spec can say."""

    name: str
    changes: Callable[[int, int], Changes] = lambda epochs, steps: {}
    learn: Callable[[Program, Data], Weights] | None = None


def main() -> None:
    arguments = _arguments()
    libraries.load()
    times = sorted(arguments.times, reverse=True)
    heads = [TWIN, RATES, *map(ms, times)]
    print("In points, on held-out training items: mean over seeds, and its 95 % interval by a")
    print("bootstrap that draws seeds, then items. The first row is accuracy, others minus it.\n")
    print(line(["", "way", "seeds", "n", *heads]))
    print(line(["---"] * (4 + len(heads))))
    everywhere: dict[str, list[Right]] = {}
    for path in arguments.table:
        document = changed(of_table(path), dict(arguments.set))
        kept = arguments.o
        sources = [
            held_out(Source(changed(document, {("network", "seed"): seed}), None), kept)
            for seed in seeds_of(document, arguments.seeds)
        ]
        base = [_right(source, WAYS[0], times, kept) for source in sources]
        means = (100 * sum(right[head].mean() for right in base) / len(base) for head in heads)
        n = f"{len(base[0][TWIN]):,}"
        print(line([path.stem, WAYS[0].name, str(len(base)), n, *(f"{m:.1f}" for m in means)]))
        for name, rights in _others(sources, base, times, kept, arguments.only):
            gains = [_minus(right, first) for right, first in zip(rights, base, strict=True)]
            everywhere.setdefault(name, []).extend(gains)
            print(line(["", name, str(len(base)), n, *_cells(gains, heads)]), flush=True)
    if len(arguments.table) > 1:
        for name, gains in everywhere.items():
            print(line(["all", name, "", "", *_cells(gains, heads)]), flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--table", nargs="+", type=Path, required=True, help="as npz files")
    parser.add_argument("--seeds", type=int, default=3, help="how many, from 0 on")
    parser.add_argument("--times", type=float, nargs="+", default=[0.1, 0.05, 0.03])
    parser.add_argument("--only", nargs="+", help="ways whose names have one of these in them")
    add_set(parser)
    parser.add_argument("-o", type=Path, required=True, help="where trainings are kept")
    return parser.parse_args()


def _others(
    sources: Sequence[Source],
    base: Sequence[Right],
    times: Sequence[float],
    kept: Path,
    only: Sequence[str] | None,
) -> Iterator[tuple[str, list[Right]]]:
    """Yield the names of the other ways, with what each has right from each seed."""

    def wanted(name: str) -> bool:
        return only is None or any(part in name for part in only)

    for way in WAYS[1:]:
        if wanted(way.name):
            yield way.name, [_right(source, way, times, kept) for source in sources]
    if wanted(REFITTED):
        read = [_refitted(source, times, kept) for source in sources]
        yield REFITTED, [{**first, **right} for first, right in zip(base, read, strict=True)]


def _right(source: Source, way: Way, times: Sequence[float], kept: Path) -> Right:
    """Train in a way, and return which held-out items are answered right."""
    from snnc.running.rates import rate_answers

    source, trained = _trained(source, way, kept)
    labels = trained.y_test
    assert trained.baseline is not None
    return {
        TWIN: trained.baseline == labels,
        RATES: rate_answers(trained.program, trained.x_test).classes == labels,
        **{
            ms(time): _shown(source, trained, trained.x_test, time).classes == labels
            for time in times
        },
    }


def _trained(source: Source, way: Way, kept: Path) -> tuple[Source, Trained]:
    """Return the source with a way's changes, and what it is trained to; the twin is another one only where the spec is."""
    from snnc.data import prepare

    program = source.program()
    train = program.train
    steps = len(prepare.split(program).x_train) // train.batch_size * train.epochs
    if changes := way.changes(train.epochs, steps):
        source = source._replace(document=changed(source.document, changes))
    name = f"{program.name}.{program.network.seed}"
    folder = kept / way.name.replace(" ", "_")
    where, first = folder / name, kept / WAYS[0].name.replace(" ", "_") / name
    if way.learn and not where.exists():
        where.mkdir(parents=True)
        shutil.copy(first / f"{program.name}.baseline.npz", where)
    return source, train_here(source.program(), where, way.learn)


def _shown(source: Source, trained: Trained, x: Any, time: float, each: int = 0) -> Answers:
    from snnc.running.emulated import emulate

    # Only the presentation differs, so that the parameters stay.
    shown = source.program({("presentation", "time"): time}).presentation
    return emulate(replace(trained.program, presentation=shown), x, each=each)


REFITTED = "readout refitted"


def _refitted(source: Source, times: Sequence[float], kept: Path) -> Right:
    """Return what a logistic regression has right by the counts of the last layer, fitted to those of training items."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    from snnc.data import prepare

    source, trained = _trained(source, WAYS[0], kept)
    last = trained.program.network.populations[-1].name
    data = prepare.load(source.program())
    x, y = data.x_train[:READ], data.y_train[:READ]
    right = {}
    for time in times:
        seen = _shown(source, trained, x, time, len(x)).each[last]
        new = _shown(source, trained, trained.x_test, time, len(trained.x_test)).each[last]
        readout = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000)).fit(seen, y)
        right[ms(time)] = readout.predict(new) == trained.y_test
    return right


def from_the_twin(program: Program, data: Data) -> Weights:
    """Train on from the float twin's weights."""
    from snnc.networks.build import training_network
    from snnc.training.baseline import train_baseline
    from snnc.training.train import train

    model = train_baseline(program, data.x_train, data.y_train)
    initial = {layer.name: layer.get_weights() for layer in model.layers}
    net = training_network(program.network)
    return train(net, program, data.x_train, data.y_train, initial=initial)


def with_rounded_weights(program: Program, data: Data) -> Weights:
    """Train with the weights of dense layers on the chip rounded as they are there; slopes are those without rounding."""
    import tensorflow as tf

    from snnc.networks import own_layers
    from snnc.networks.build import training_network
    from snnc.training.train import train

    network = program.network
    rounded = {
        operator.name
        for population in network.populations_on_chip
        for connection in network.into(population.name)
        for operator in connection.operators
    }

    class Rounded(tf.keras.layers.Dense):  # type: ignore[misc]
        def call(self, x: Any) -> Any:
            kernel = self.kernel
            if self.name in rounded:
                # The chip has 127 steps of each sign up to the largest weight.
                step = tf.reduce_max(tf.abs(kernel)) / 127
                kernel = kernel + tf.stop_gradient(tf.round(kernel / step) * step - kernel)
            return self.activation(tf.matmul(x, kernel) + self.bias)

    with mock.patch.object(own_layers, "Dense", Rounded, create=True):
        return train(training_network(network), program, data.x_train, data.y_train)


def _cosine(steps: int, rate: float) -> Changes:
    return {RATE: {"kind": "cosine_decay", "initial_learning_rate": rate, "decay_steps": steps}}


_STOPPING = {"patience": 30, "restore_best_weights": True}

WAYS = (
    Way("as it is"),
    Way("twice the epochs", lambda epochs, steps: {("train", "epochs"): 2 * epochs}),
    Way("cosine from 0.001", lambda epochs, steps: _cosine(steps, 0.001)),
    Way("cosine from 0.003", lambda epochs, steps: _cosine(steps, 0.003)),
    Way(
        "best epoch by a tenth",
        lambda epochs, steps: {
            ("train", "validation_fraction"): 0.1,
            ("train", "early_stopping"): _STOPPING,
        },
    ),
    # Its rates in training are those in whole steps between spikes; on the chip it is the same neuron.
    Way("chip's rates", lambda steps: {("layers", 2, "neurons"): {"kind": "loihi_lif"}}),
    Way("from the twin", learn=from_the_twin),
    Way("8-bit weights", learn=with_rounded_weights),
)


def _minus(right: Right, first: Right) -> Right:
    return {head: right[head].astype(int) - first[head] for head in right}


def _cells(gains: Sequence[Right], heads: Sequence[str]) -> list[str]:
    return [interval([gain[head] for gain in gains]) for head in heads]


if __name__ == "__main__":
    main()
