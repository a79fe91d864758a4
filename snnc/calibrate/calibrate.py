"""Scale a trained network by its activations, and search how it runs best on the chip. Nothing is trained."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from snnc.calibrate.calibrated import Calibrated
from snnc.calibrate.candidates import Candidates, compared, of_others, rates_of
from snnc.calibrate.likeness import Likeness
from snnc.calibrate.prepared import Prepared
from snnc.calibrate.writing import explained, trained_alike, with_setting, without_own
from snnc.data.arrays import text_in
from snnc.data.prepare import Data
from snnc.diagnostics.document import Document
from snnc.diagnostics.errors import Refusal
from snnc.environment.own_files import other_spec
from snnc.program.program import Program
from snnc.training.params_file import load_without_baseline
from snnc.training.paths import Paths
from snnc.training.progress import Watcher
from snnc.trials.currents import currents
from snnc.trials.items import TrialItems, training_items, trial_items
from snnc.trials.point import Point
from snnc.trials.runner import Runner

#: Layers are scaled by their activations for so many training items.
SCALED_ON = 4000
#: For how long items are shown, in seconds, where nobody says: the first of these that loses no more than the tolerance.
TIMES = (0.05, 0.1, 0.2, 0.4)
#: About so many settings are tried at a time.
RUNS = 24


def calibrate(
    document: Document,
    program: Program,
    folder: Path,
    steps: int | None,
    most: int,
    tolerance: float,
    watcher: Watcher,
) -> Calibrated:
    """Return how a spec runs best on the chip whose parameters are in a folder; it is the document's.

    Settings are compared on at most `most` items. Without `steps` items are shown for as long as the spec says, or if it doesn't,
    until at most the tolerance is lost, a share of right answers. `save` writes what comes of it.
    """
    paths = Paths.of(program, folder)
    _ensure_own(paths.params, program)
    loaded, data = load_without_baseline(program, folder)
    if data.left_out:
        watcher.tell(data.left_out)
    trained = loaded.program
    items = trial_items(program, data, most)
    x = training_items(program, data, SCALED_ON).x
    start = without_own(document)
    if loaded.training:
        start = trained_alike(start, trained.network)
    prepared = Prepared.of(start, trained, x)
    rates = prepared.logits(items.x)
    likeness, right = Likeness.of(rates), rates.argmax(axis=1) == items.y
    lengths = [steps] if steps else list(_lengths(program))
    expected = RUNS * len(lengths)
    with watcher.items("calibrating", expected) as count:
        as_it_is = _as_it_is(document, trained, items, likeness)
        found: list[Candidates] = []
        for length in lengths:
            also = as_it_is if length == program.stream_steps else None
            candidates = compared(prepared, items, likeness, length, also, lambda: count(1))
            found += [candidates] if candidates else []
            if candidates and _loss(candidates.chosen, right) <= tolerance:
                break
        count(expected - sum(each.runs for each in found))
    if not found:
        raise Refusal("the chip runs none of what was tried: show items for longer, with --time")
    chosen = min(found, key=lambda each: max(tolerance, _loss(each.chosen, right))).chosen
    calibrated = Calibrated(
        document=document,
        program=trained,
        params=paths.params,
        items=items,
        right=right,
        scales=prepared.scales,
        as_it_is=as_it_is,
        chosen=chosen,
        candidates=tuple(found),
    )
    return calibrated if chosen is as_it_is else _as_written(calibrated, prepared, likeness, data)


def _as_it_is(
    document: Document, trained: Program, items: TrialItems, likeness: Likeness
) -> Point | None:
    """Return what a spec does that runs on the chip as it is; None if it doesn't."""
    if not trained.on_loihi:
        return None
    try:
        recorded = currents(trained, items.x)
    except Refusal:
        return None
    return Runner(document, trained, items, likeness).as_it_is(recorded)


def _as_written(
    found: Calibrated, prepared: Prepared, likeness: Likeness, data: Data
) -> Calibrated:
    """Return a calibration with the spec that says what was chosen, once it has run as it is written: with other rates, and no multiples of rates."""
    setting = found.chosen.setting
    written = prepared.at_rates(rates_of(prepared, setting))
    chosen = with_setting(written, of_others(prepared, setting))
    runner = Runner(chosen.document, chosen.program, found.items, likeness)
    point = runner.as_it_is(currents(chosen.program, found.items.x))
    ran = replace(
        found,
        program=chosen.program,
        scales=written.scales,
        chosen=replace(point, setting=setting),
    )
    return replace(ran, document=explained(chosen, data, ran.loss))


def _loss(point: Point, right: NDArray[np.bool_]) -> float:
    return -point.minus(right).value


def _lengths(program: Program) -> Iterator[int]:
    if "time" in program.presentation.model_fields_set:
        yield program.stream_steps
    else:
        yield from (max(1, round(time / program.network.dt)) for time in TIMES)


def _ensure_own(params: Path, program: Program) -> None:
    """Raise a Refusal if parameters are another spec's: those would be overwritten."""
    other = other_spec(text_in(params, "spec_file"), program.spec_path, params.parent)
    if other:
        raise Refusal(
            f"{params.as_posix()} is of {other.as_posix()}, not of {program.spec_path.as_posix()}: calibrate that spec"
        )
