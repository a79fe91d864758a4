"""Specs that are broken on purpose, one cause each: `python -m tests.broken` prints whether the ladder finds it, and what its change brings back.

Each is a sound spec of scikit-learn's digits or breast cancer with one thing changed. What runs is changed after the training, what
trains before it, and some have parameters changed. What is lost and what is back are measured on test items, which no choice has seen.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from snnc.diagnostics.diagnostic import KeyPath
from snnc.spec.changes import changed
from snnc.spec.read import parse

if TYPE_CHECKING:
    from snnc.ladder.rung import Rung

#: A sound spec: {} are the data set, the shape, the classes, and more of [train].
SOUND = """
[network]
name = "broken"

[data]
kind = "sklearn"
name = "{data}"
test_fraction = 0.3
scale = "{scale}"

[input]
shape = [{shape}]

[presentation]
time = 0.05

[[layers]]
kind = "dense"
name = "first"
units = 64

[[layers]]
kind = "dense"
name = "second"
units = 48

[output]
classes = {classes}

[train]
epochs = {epochs}
batch_size = {batch_size}
"""
DIGITS = {
    "data": "digits",
    "shape": 64,
    "classes": 10,
    "scale": "unit",
    "epochs": 30,
    "batch_size": 32,
}
CANCER = {
    "data": "breast_cancer",
    "shape": 30,
    "classes": 2,
    "scale": "standard",
    "epochs": 40,
    "batch_size": 32,
}

TIME: KeyPath = ("presentation", "time")
READ: KeyPath = ("presentation", "read")
LAYER: KeyPath = ("synapses", "layer")
PROBE: KeyPath = ("synapses", "probe")
RATE: KeyPath = ("train", "optimizer", "learning_rate")


def lowpass(tau: float) -> dict[str, Any]:
    return {"kind": "lowpass", "tau": tau}


def alpha(tau: float) -> dict[str, Any]:
    return {"kind": "alpha", "tau": tau}


@dataclass(frozen=True)
class Broken:
    """A name, what is broken, and the causes that are right: a short time leaves few spikes and unsettled filters."""

    name: str
    changes: dict[KeyPath, Any]
    causes: tuple[str, ...]
    trains: bool = False
    sound: dict[str, Any] = field(default_factory=lambda: DIGITS)
    #: What both the sound and the broken spec have.
    both: dict[KeyPath, Any] = field(default_factory=dict)
    text: str = SOUND
    #: What is done to the trained arrays, by their names in the file.
    parameters: Callable[[dict[str, Any]], None] | None = None


#: The same with two convolutions, the second of them on the chip.
SOUND_IMAGES = (
    SOUND.replace("[{shape}]", "[8, 8, 1]")
    .replace('kind = "dense"', 'kind = "conv2d"\nkernel_size = 3')
    .replace("units = 64", "filters = 8")
    .replace("units = 48", "filters = 16")
)


def outlier(arrays: dict[str, Any], times: float) -> None:
    """Give one weight of the second layer many times the largest, from a neuron that never fires: as rates nothing changes."""
    weights = arrays["second.weights"]
    largest = abs(weights).max()
    silent = int(abs(weights).sum(axis=0).argmin())
    arrays["first.weights"][silent] = 0.0
    arrays["first.bias"][silent] = -5.0
    weights[0, silent] = times * largest


def outlier_of_filters(arrays: dict[str, Any], times: float) -> None:
    """The same of two convolutions: a filter of the first one never fires, and the first of the second has a large weight for it."""
    kernel = arrays["second.weights"]
    largest = abs(kernel).max()
    silent = int(abs(kernel).sum(axis=(0, 1, 3)).argmin())
    arrays["first.weights"][..., silent] = 0.0
    arrays["first.bias"].reshape(-1, kernel.shape[2])[:, silent] = -5.0
    kernel[0, 0, silent, 0] = times * largest


SPIKES, SETTLING = "too few spikes an item", "settling"
READOUT, CARRIED = "readout", "carry-over from the item before"
TRAINING, DEAD, ABOVE = "training unfinished", "dead neurons", "rates above what the chip can do"
BITS, BURSTS, ROUNDING = "8-bit weights", "bursts of input", "rounding of rates"

SPECS: Sequence[Broken] = (
    Broken("alpha probe of 10 ms at 30 ms", {PROBE: alpha(0.01)}, (READOUT,), both={TIME: 0.03}),
    Broken("alpha probe of 20 ms at 50 ms", {PROBE: alpha(0.02)}, (READOUT,)),
    Broken("lowpass probe of 50 ms", {PROBE: lowpass(0.05)}, (READOUT,)),
    Broken(
        "lowpass probe of 100 ms, whole item",
        {PROBE: lowpass(0.1), READ: {"mean_of_last": 1.0}},
        (READOUT,),
    ),
    Broken("last step, no filter", {READ: "last"}, (READOUT,)),
    Broken("the mean of one step", {READ: {"mean_of_last": 0.02}}, (READOUT,)),
    Broken(
        "the mean of one step at 20 ms",
        {READ: {"mean_of_last": 0.04}},
        (READOUT,),
        both={TIME: 0.02},
    ),
    Broken("read far too late", {("presentation", "latency"): 40}, (READOUT,)),
    Broken("layers of 30 ms", {LAYER: lowpass(0.03)}, (SETTLING, CARRIED)),
    Broken("layers of 50 ms", {LAYER: lowpass(0.05)}, (SETTLING, CARRIED)),
    Broken("layers of 40 ms", {LAYER: lowpass(0.04)}, (SETTLING, CARRIED)),
    Broken("one layer of 80 ms", {("layers", 1, "synapse"): lowpass(0.08)}, (SETTLING, CARRIED)),
    Broken(
        "layers of 20 ms at 30 ms", {LAYER: lowpass(0.02)}, (SETTLING, CARRIED), both={TIME: 0.03}
    ),
    Broken("5 ms an item", {TIME: 0.005}, (SPIKES, SETTLING)),
    Broken("6 ms an item", {TIME: 0.006}, (SPIKES, SETTLING)),
    Broken(
        "a rate scale of 0.12",
        {("layers", 0, "rate_scale"): 0.12, ("layers", 1, "rate_scale"): 0.12},
        (SPIKES,),
    ),
    Broken("one slow layer", {("layers", 1, "rate_scale"): 0.07}, (SPIKES,)),
    Broken("max_rate 25", {("neurons", "max_rate"): 25}, (SPIKES,), trains=True),
    Broken(
        "max_rate 12 at 100 ms",
        {("neurons", "max_rate"): 12},
        (SPIKES,),
        trains=True,
        both={TIME: 0.1},
    ),
    Broken("one epoch", {("train", "epochs"): 1}, (TRAINING,), trains=True),
    Broken("a learning rate of 0.00002", {RATE: 0.00002}, (TRAINING,), trains=True),
    Broken("a learning rate of 0.5", {RATE: 0.5}, (TRAINING,), trains=True),
    Broken("an intercept of 0.9", {("neurons", "intercept"): 0.9}, (DEAD,), trains=True),
    Broken(
        "a layer of 900 Hz on the chip",
        {("layers", 1, "neurons"): {"max_rate": 900}},
        (ABOVE, ROUNDING),
        trains=True,
        both={("neurons", "kind"): "spiking_relu", ("neurons", "max_rate"): 100},
    ),
    Broken(
        "amplitude 100 times too small",
        {("neurons", "amplitude"): 0.00005},
        (TRAINING,),
        trains=True,
    ),
    Broken(
        "cancer: one epoch",
        {("train", "epochs"): 1, RATE: 0.0001},
        (TRAINING,),
        trains=True,
        sound=CANCER,
    ),
    Broken("cancer: probe of 100 ms", {PROBE: alpha(0.1)}, (READOUT,), sound=CANCER),
    Broken("cancer: layers of 100 ms", {LAYER: lowpass(0.1)}, (SETTLING, CARRIED), sound=CANCER),
    Broken(
        "a weight 400 times the largest",
        {},
        (BITS,),
        parameters=lambda arrays: outlier(arrays, 400),
    ),
    Broken(
        "a weight 1000 times the largest",
        {},
        (BITS,),
        parameters=lambda arrays: outlier(arrays, 1000),
    ),
    Broken(
        "a weight 400 times the largest, in a convolution",
        {},
        (BITS,),
        text=SOUND_IMAGES,
        parameters=lambda arrays: outlier_of_filters(arrays, 400),
    ),
    Broken(
        "layers run eight times too fast",
        {("layers", 0, "rate_scale"): 8.0},
        (ABOVE, BURSTS),
        both={("neurons", "kind"): "spiking_relu", ("neurons", "max_rate"): 100},
    ),
)


@dataclass(frozen=True)
class Result:
    """What the sound, the broken and the repaired spec have right of all test items, and what the ladder says."""

    sound: Rung
    broken: Rung
    repaired: Rung
    cause: str | None
    change: dict[str, Any] | None

    @property
    def back(self) -> float | None:
        """The share of what was lost that is back; None if nothing was lost."""
        sound, broken, repaired = (
            rung.accuracy.value for rung in (self.sound, self.broken, self.repaired)
        )
        return (repaired - broken) / (sound - broken) if broken < sound else None


class Workshop:
    """Trains specs in a folder, each once, and climbs their ladders."""

    def __init__(self, folder: Path, items: int, seconds: float) -> None:
        self._folder, self._items, self._seconds = folder, items, seconds
        self._trained: dict[str, Path] = {}

    def result(self, broken: Broken) -> Result:
        from snnc.ladder.finding import headline

        sound = parse(broken.text.format(**broken.sound).encode(), self._folder / "broken.toml")
        sound = changed(sound, broken.both) if broken.both else sound
        worse = changed(sound, broken.changes) if broken.changes else sound
        at = self._train(worse if broken.trains else sound)
        if broken.parameters:
            at = self._altered(at, broken)
        found = headline(self._findings(worse, at))
        lost = repaired = self._shown(worse, at)
        change = found.change if found else None
        if change:
            better = changed(worse, change.changes)
            repaired = self._shown(better, self._train(better) if change.trains else at)
        return Result(
            self._shown(sound, self._train(sound)),
            lost,
            repaired,
            found.cause if found else None,
            {".".join(map(str, key)): value for key, value in change.changes.items()}
            if change
            else None,
        )

    def _train(self, document: Any) -> Path:
        """Return the folder with what a spec is trained to; what only runs otherwise isn't trained again."""
        from snnc import session
        from snnc.data import prepare
        from snnc.pipeline import check_document
        from snnc.program.fingerprint import training
        from snnc.training.progress import Nobody

        program = check_document(document).program
        neurons = [p.neurons for p in program.network.populations]
        key = f"{training(program)} {program.train.epochs} {neurons} {program.data}"
        if key not in self._trained:
            folder = self._folder / str(len(self._trained))
            folder.mkdir()
            data = prepare.load(program)
            session.train(
                program, data, Nobody(), folder, False, resume=False, n_tested=None, longer="{}"
            )
            self._trained[key] = folder
        return self._trained[key]

    def _altered(self, at: Path, broken: Broken) -> Path:
        """Return a copy of a folder whose parameters are altered."""
        import numpy as np

        assert broken.parameters
        folder = Path(shutil.copytree(at, self._folder / broken.name))
        path = folder / "broken.params.npz"
        arrays = dict(np.load(path))
        broken.parameters(arrays)
        np.savez_compressed(path, **arrays)
        return folder

    def _findings(self, document: Any, folder: Path) -> Any:
        """Return what the ladder finds, by the very steps of `climb` that choose; it shows test items besides."""
        from snnc.data import prepare
        from snnc.ladder.ladder import causes
        from snnc.ladder.rung import rungs
        from snnc.pipeline import check_document
        from snnc.training.history import load_history
        from snnc.training.params_file import load_params
        from snnc.training.paths import Paths
        from snnc.trials.telling import telling_items

        program = check_document(document).program
        data, paths = prepare.load(program), Paths.of(program, folder)
        deployed = load_params(paths, program, data).program
        items = telling_items(deployed, data, self._items)
        trial = tuple(rungs(deployed, items.x, items.y, None))
        epochs = load_history(paths.history)
        return causes(document, deployed, items, trial, epochs, self._seconds)

    def _shown(self, document: Any, folder: Path) -> Rung:
        """Return all test items as a stream on the emulator; nothing is right where that can't run."""
        from snnc.ladder.rung import on_chip
        from snnc.pipeline import check_document
        from snnc.training import params_file

        trained = params_file.load(check_document(document).program, folder)
        return on_chip(trained.program, trained.x_test, trained.y_test, "stream")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="specs whose names have this in them")
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument(
        "--trained", action="store_true", help="those alone that are broken before the training"
    )
    kind.add_argument("--run", action="store_true", help="those alone that are broken after it")
    parser.add_argument("--items", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=120.0)
    arguments = parser.parse_args()
    from snnc.environment.libraries import loaded

    chosen = [spec for spec in SPECS if arguments.only in spec.name]
    if arguments.trained or arguments.run:
        chosen = [spec for spec in chosen if spec.trains == arguments.trained]
    right = back = 0
    with loaded(), tempfile.TemporaryDirectory() as folder:
        workshop = Workshop(Path(folder), arguments.items, arguments.seconds)
        for spec in chosen:
            result = workshop.result(spec)
            named, share = result.cause in spec.causes, result.back
            right, back = right + named, back + (share is not None and share >= 0.8)
            much = "nothing lost" if share is None else f"{share:6.0%} back"
            print(
                f"{'right' if named else 'WRONG'}  {much}  {spec.name}: {_percent(result.sound)} to {_percent(result.broken)}, "
                f"{_percent(result.repaired)} with {result.change} ({result.cause})",
                flush=True,
            )
    print(f"{right} of {len(chosen)} causes right; at least 80 % back in {back}")


def _percent(rung: Rung) -> str:
    return f"{rung.accuracy.value:.1%}"


if __name__ == "__main__":
    main()
