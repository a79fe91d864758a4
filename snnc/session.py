"""A program trained and tested: values in and values out. Whoever calls shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from snnc.data.prepare import Data, Labels, trained_on
from snnc.diagnostics.diagnostic import Diagnostic
from snnc.diagnostics.wording import counted
from snnc.networks.build import training_network
from snnc.networks.deploy import deploy
from snnc.networks.describe import spikes_in_words
from snnc.networks.nengo_dl import Array
from snnc.program.program import Program
from snnc.running.answers import Answers
from snnc.running.expected import Learnt, below_expected
from snnc.running.measured import (
    Measured,
    in_per_cent,
    items_to_measure,
    measure,
    rate_warnings,
    twin_ahead,
)
from snnc.running.results import Results
from snnc.running.run import run
from snnc.running.silent_filters import silent_filters
from snnc.running.silent_start import silent_start
from snnc.show.table import paragraph
from snnc.training import params_file
from snnc.training.baseline import baseline_network, train_baseline
from snnc.training.baseline_file import (
    Baseline,
    is_baseline_complete,
    load_baseline,
    save_baseline,
    twin_depends_on,
)
from snnc.training.beginning import beginning
from snnc.training.checkpoint import depends_on, described
from snnc.training.epochs import Epoch
from snnc.training.history import load_history
from snnc.training.imported import start_weights
from snnc.training.improving import still_improving
from snnc.training.params_file import Trained
from snnc.training.paths import Paths
from snnc.training.progress import Watcher
from snnc.training.resume import resumable
from snnc.training.stopping import about_best
from snnc.training.train import train as train_network

#: How many items the initial network is shown.
ITEMS_AT_START = 500


@dataclass(frozen=True, eq=False, repr=False)
class Training:
    """What training came to: the program that was trained, the one that runs, and how test items went.

    `epochs` is empty if there was nothing to resume and how training went is lost.
    """

    program: Program
    trained: Trained
    data: Data
    epochs: tuple[Epoch, ...]
    baseline: Baseline | None
    results: Results
    #: Firing rates on items that were trained on, and how the float twin does on those.
    measured: Measured
    twin_right: NDArray[np.bool_] | None
    #: How a number of epochs is given.
    longer: str
    #: What is below all that is expected.
    below: tuple[Diagnostic, ...] = ()

    @property
    def warnings(self) -> tuple[Diagnostic, ...]:
        """What training has left as it nearly never should be."""
        return (
            *self.below,
            *still_improving(self.program, self.epochs, self.longer),
            *twin_ahead(self.program, self.measured, self.twin_right, self.longer),
            *silent_filters(self.program, self.results),
            *rate_warnings(self.program, self.measured),
        )

    def lines(self) -> tuple[str, ...]:
        """Return what there is to say of the items that were trained on: accuracies, and firing rates."""
        rows = [("rate neurons", self.measured.right), ("float twin", self.twin_right)]
        said = (f"{name} {in_per_cent(right)}" for name, right in rows if right is not None)
        n = counted(self.measured.n, "item")
        return (f"On {n} that were trained on: {', '.join(said)}.", *self.measured.lines())

    def save(self, folder: Path | str | None = None) -> tuple[Path, ...]:
        """Write what `snnc train` writes to a folder (default: that of the spec), and return the files."""
        paths = Paths.of(self.program, Path(folder or self.program.spec_path.parent))
        paths.ensure_writable(self.program, self.data, with_baseline=self.baseline is not None)
        start = self.trained.start
        written = params_file.save_training(
            paths, self.program, self.trained.program.network, self.data, self.epochs, start
        )
        if self.baseline:
            save_baseline(paths.baseline, self.program, self.data, self.baseline, start)
            written.append(paths.baseline)
        return tuple(written)

    def to_dict(self) -> dict[str, Any]:
        """Return what training came to as plain data, ready for JSON: results on test items, epochs, and warnings."""
        twin = self.twin_right
        return {
            **self.results.to_dict(),
            "epochs": [asdict(epoch) for epoch in self.epochs],
            "trained_on": {
                "n": self.measured.n,
                "rate_neurons": float(self.measured.right.mean()),
                "float_twin": None if twin is None else float(twin.mean()),
            },
            "warnings": [{"code": w.code, "message": w.message} for w in self.warnings],
        }

    def __repr__(self) -> str:
        return f"{self._said()}\n{self.results}"

    def _repr_html_(self) -> str:
        return paragraph(self._said()) + self.results._repr_html_()

    def _said(self) -> str:
        stopping = self.program.train.early_stopping
        if not self.epochs:
            most = f"{'at most ' if stopping else ''}{counted(self.program.train.epochs, 'epoch')}"
            return f"{self.program.name}, trained for {most}"
        epochs = counted(len(self.epochs), "epoch")
        said = f"{self.program.name}, trained for {epochs}: {self.epochs[-1]} while training"
        return f"{said}; {about_best(self.epochs, stopping)}" if stopping else said


def train(
    program: Program,
    items: Data,
    watcher: Watcher,
    folder: Path | None,
    with_baseline: bool,
    resume: bool,
    n_tested: int | None,
    longer: str,
) -> Training:
    """Train a program on its data, and if asked for its float twin, and test both on the first test items: all for None.

    With a folder, what is trained is saved there once it is, and until then a checkpoint of every epoch; to resume is to go
    on from what a killed training with the same settings has left there. `longer` says how a number of epochs is given.
    """
    paths = Paths.of(program, folder) if folder else None
    if paths:
        paths.ensure_writable(program, items, with_baseline)
    if items.left_out:
        watcher.tell(items.left_out)
    start = beginning(program, folder)
    if paths and not start and (origin := params_file.origin_of(paths.params)):
        watcher.tell(
            f"{paths.params.as_posix()} was imported from {origin}, and is replaced by what starts at random; "
            'start = "imported" in [train] would start from it'
        )
    trained, epochs = train_alone(program, items, start, paths, watcher, resume)
    baseline = None
    if with_baseline:
        baseline = _baseline(program, items, start, paths, watcher, resume)
    trained = replace(trained, baseline=baseline.predicted if baseline else None)
    results = _tested(trained, n_tested, watcher)
    x, y = trained_on(program, items, items_to_measure(program))
    twin_right = baseline_classes(program, baseline, x) == y if baseline else None
    measured = measure(trained.program, x, y)
    below = below_expected(program, items, Learnt(x, y, measured.right, twin_right), epochs, longer)
    return Training(
        program,
        trained,
        items,
        epochs,
        baseline,
        results,
        measured,
        twin_right,
        longer,
        tuple(below),
    )


def before_training(program: Program, items: Data) -> tuple[Diagnostic, ...]:
    """Return what of the initial network would never learn: units that are silent for all items that are trained on.

    An imported one has learnt already.
    """
    if program.starts_imported:
        return ()
    x, _ = trained_on(program, items, min(ITEMS_AT_START, items_to_measure(program)))
    return tuple(silent_start(program, x))


def train_alone(
    program: Program,
    items: Data,
    start: Mapping[str, Array],
    paths: Paths | None,
    watcher: Watcher,
    resume: bool,
) -> tuple[Trained, tuple[Epoch, ...]]:
    """Return what a training is deployed to, and how it went."""
    if (
        paths
        and resume
        and _is_done(
            paths.params,
            paths.checkpoint,
            params_file.is_complete(paths.params, program, items),
            watcher,
        )
    ):
        trained = params_file.load_params(paths, program, items)
        return trained, load_history(paths.history)
    net = training_network(program.network)
    checkpoint = paths.checkpoint if paths else None
    depends = depends_on(program, items, start)
    with resumable("training", checkpoint, program, depends, watcher, resume) as progress:
        weights = train_network(
            net,
            program,
            items.x_train,
            items.y_train,
            progress.advance,
            progress.state,
            start_weights(start),
        )
    deployed, epochs = deploy(program.network, weights), progress.state.epochs
    if paths:
        written = params_file.save_training(paths, program, deployed, items, epochs, start)
        _say_written(written, paths.checkpoint, watcher)
    trained = Trained(
        replace(program, network=deployed),
        items.x_test,
        items.y_test,
        items.shift,
        items.scale,
        described(program, items, start),
        spikes_in_words(deployed),
        start=start,
    )
    return trained, epochs


def _baseline(
    program: Program,
    items: Data,
    start: Mapping[str, Array],
    paths: Paths | None,
    watcher: Watcher,
    resume: bool,
) -> Baseline:
    """Return the float twin, once it is saved if there is somewhere to save it."""
    if (
        paths
        and is_baseline_complete(paths.baseline, program, items, start)
        and not paths.baseline_checkpoint.exists()
        and (baseline := load_baseline(paths.baseline, program, items, None))
    ):
        watcher.tell(
            f"{paths.baseline.as_posix()} is complete: the float twin of these layers, data and training"
        )
        return baseline
    checkpoint = paths.baseline_checkpoint if paths else None
    depends = twin_depends_on(program, items, start)
    with resumable("float twin", checkpoint, program, depends, watcher, resume) as progress:
        model = train_baseline(
            program,
            items.x_train,
            items.y_train,
            progress.advance,
            progress.state,
            start_weights(start),
        )
    weights = {layer.name: layer.get_weights() for layer in model.layers}
    baseline = Baseline(weights, baseline_answers(model, program, items.x_test).classes)
    if paths:
        save_baseline(paths.baseline, program, items, baseline, start)
        _say_written([paths.baseline], paths.baseline_checkpoint, watcher)
    return baseline


def baseline_answers(model: tf.keras.Model, program: Program, x: Array) -> Answers:
    """Return what the twin says of items x, (n, size)."""
    logits = model.predict(x, batch_size=program.train.batch_size, verbose=0)
    return Answers(np.asarray(logits, dtype=float))


def baseline_classes(program: Program, baseline: Baseline, x: Array) -> Labels:
    """Return what the twin says of items x, (n, size), once it is made of its weights."""
    model = baseline_network(program)
    for layer in model.layers:
        # Keras names layers that reshape anew each time; they have no weights.
        layer.set_weights(baseline.weights.get(layer.name, []))
    return baseline_answers(model, program, x).classes


def _is_done(path: Path, checkpoint: Path, complete: bool, watcher: Watcher) -> bool:
    """Whether there is nothing to resume, as all was written already."""
    done = complete and not checkpoint.exists()
    if done:
        watcher.tell(f"{path.as_posix()} is complete: there is nothing to resume")
    return done


def _say_written(written: Sequence[Path], finished: Path, watcher: Watcher) -> None:
    """Name the files of a finished training, which needs its checkpoint no more."""
    finished.unlink(missing_ok=True)
    watcher.tell(f"wrote {', '.join(path.as_posix() for path in written)}")


def _tested(trained: Trained, n_items: int | None, watcher: Watcher) -> Results:
    """Return how good a network is that was just trained: as rates, and as spikes shown fresh."""
    if n_items == 0:
        return Results(trained.program, (), trained.y_test[:0])
    return run(trained, ["nengo_fresh"], n_items, watcher)
