"""Run a trained network on the items of a file: one answer an item, and where there are labels, a table."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from snnc.data.unseen import Unseen
from snnc.running.predictions import Predictions
from snnc.running.rates import rate_answers
from snnc.running.results import Results, never_fires
from snnc.running.run import answers_of, name_of
from snnc.running.scoring import Scorer
from snnc.running.simulators import SimulatorName
from snnc.training.params_file import Trained
from snnc.training.progress import Watcher


@dataclass(frozen=True, eq=False, repr=False)
class Predicted:
    """The answers, and how many of them are right if there are labels."""

    predictions: Predictions
    results: Results | None

    def json_pieces(self) -> Iterator[str]:
        """Yield answers and table as JSON, some of it at a time."""
        yield '{"answers": '
        yield from self.predictions.json_pieces()
        yield f', "results": {json.dumps(self.results.to_dict() if self.results else None)}}}'

    def refuse_silence(self) -> None:
        """Raise a Refusal if a layer never fired: the answers would come from biases alone."""
        answers = self.predictions.answers
        for layer, hertz in answers.rates.items():
            if not hertz.any():
                raise never_fires(layer, len(answers.logits))


def predict(
    trained: Trained, items: Unseen, on: SimulatorName, logits: bool, watcher: Watcher
) -> Predicted:
    """Run items as spikes in one place; with `logits` the answers have the logit of each class."""
    program, x = trained.program, trained.rescaled_rows(items.x)
    name = name_of(program, on)
    with watcher.items(name, len(x)) as count:
        answers = answers_of(program, x, on, count)
    predictions = Predictions(program, answers, items.numbers, items.y, logits)
    if items.y is None:
        return Predicted(predictions, None)
    scorer = Scorer(program, items.y, None)
    rates = scorer.rates_row(rate_answers(program, x))
    rows = (rates, scorer.row(name, on, answers, rates))
    return Predicted(predictions, Results(program, rows, items.y))
