"""How a training script tests what it has trained."""

from typing import NamedTuple

from snnc.program.program import Program
from snnc.scripts.code import literal


class Softmax(NamedTuple):
    """The function that makes probabilities: in every step on the host, or after the run."""

    at_run_time: bool
    template: str = "shared/softmax.py.jinja"


class Evaluation(NamedTuple):
    """The function that shows items fresh."""

    size_in: str
    classes: str
    #: The constant of how many items are shown at once, and the simulator's settings for as many.
    batch_size: str
    settings: str
    #: Whether answers are read from the last step, and not from the mean of the last ones.
    reads_last: bool
    softmax: str
    counts_rates: bool
    returned: str
    template: str = "train/evaluate.py.jinja"

    @property
    def imports(self) -> tuple[str, ...]:
        return ("import nengo_dl", "import numpy as np", "from scipy.stats import binomtest")


def softmax_of(program: Program) -> tuple[Softmax, ...]:
    where = program.network.output.softmax
    return () if where == "loss" else (Softmax(at_run_time=where == "host"),)


def evaluation(program: Program) -> Evaluation:
    all_at_once = program.items_at_once == program.train.batch_size
    at_once = "**SIM" if all_at_once else '**(SIM | {"minibatch_size": ITEMS_AT_ONCE})'
    return Evaluation(
        size_in=literal(program.network.input_size),
        classes=literal(program.network.output.classes),
        batch_size="BATCH_SIZE" if all_at_once else "ITEMS_AT_ONCE",
        settings=at_once,
        reads_last=program.read_steps(program.fresh_steps) == 1,
        softmax=program.network.output.softmax,
        counts_rates=program.scripts.plots,
        returned="logits, rates" if program.scripts.plots else "logits",
    )
