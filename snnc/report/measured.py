"""The runs that a report is about."""

from __future__ import annotations

from dataclasses import dataclass, replace

from snnc.data.arrays import Array
from snnc.running.answers import Answers
from snnc.running.emulated import emulate
from snnc.running.floats import in_floats
from snnc.running.over_time import OverTime
from snnc.running.rates import rate_answers
from snnc.running.results import Results
from snnc.running.run import name_of
from snnc.running.scoring import Scorer
from snnc.running.stream import stream
from snnc.training.params_file import Trained
from snnc.training.progress import Watcher

#: How many items are looked at spike by spike.
RECORDED = 3


@dataclass(frozen=True, eq=False)
class Measured:
    """A trained program's runs on the first test items x, (n, size), with labels, (n,).

    `answers` are those of the last row: the stream on the emulated chip, or fresh items in floats where no chip is meant. Its recording is of a stream
    in any case.
    """

    trained: Trained
    x: Array
    labels: Array
    results: Results
    answers: Answers
    over_time: OverTime

    @property
    def where(self) -> str:
        """The name of the run that is looked at."""
        return self.results.rows[-1].name


def measure(trained: Trained, n_items: int | None, watcher: Watcher) -> Measured:
    """Run the first test items of a trained program, all of them for None, as `snnc run` does by default."""
    program, x, labels = trained.program, trained.x_test[:n_items], trained.y_test[:n_items]
    predicted = None if trained.baseline is None else trained.baseline[: len(labels)]
    scorer = Scorer(program, labels, predicted)
    rates = scorer.rates_row(rate_answers(program, x))
    rows = [*scorer.baseline_rows(), rates]

    over_time = OverTime(program, len(x), program.fresh_steps, skipped=program.fresh_latency)
    name = name_of(program, "nengo_fresh")
    with watcher.items(name, len(x)) as count:
        answers = in_floats(program, x, count, over_time=over_time, present="fresh")
    rows.append(scorer.row(name, "nengo_fresh", answers, rates))

    if program.on_loihi:
        name = name_of(program, "emulator")
        over_time = OverTime(program, len(x), program.stream_steps)
        with watcher.items(name, len(x)) as count:
            answers = emulate(program, x, count, RECORDED, over_time)
        rows.append(scorer.row(name, "emulator", answers, rates))
    else:
        recording = stream(program, x[:RECORDED], "nengo", recorded=RECORDED).recording
        answers = replace(answers, recording=recording)
    results = Results(program, tuple(rows), labels)
    return Measured(trained, x, labels, results, answers, over_time)
