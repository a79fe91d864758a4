"""The rule on batch normalisation: its moving mean and variance leave what they start from behind."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil, log
from typing import TYPE_CHECKING, Any, Literal

from snnc.checks.rule import rule
from snnc.checks.steps import steps_an_epoch
from snnc.diagnostics.codes import warning
from snnc.diagnostics.diagnostic import Diagnostic, KeyPath
from snnc.diagnostics.wording import counted, number
from snnc.program.program import Program

if TYPE_CHECKING:
    from snnc.operators.batch_norm import BatchNorm

BATCH_NORM_STEPS = warning("batch-norm-steps")

#: From which share of the start on accuracy suffers, and how much is left where a hint is followed.
LARGEST_SHARE, WANTED_SHARE = 0.01, 0.001
#: What hints propose, and what is left if neither these nor more epochs do.
MOMENTA, LAST_RESORT = (0.98, 0.97, 0.95, 0.9, 0.8, 0.7, 0.5), 0.0
MOST_EPOCHS = 999


@rule
def moving_mean_arrives(program: Program) -> Iterator[Diagnostic]:
    """A network is trained by the mean and the variance of each batch, and runs by moving ones, which start from 0 and 1."""
    yield from few_steps(program, "epochs = {} in [train]")


def few_steps(program: Program, longer: str) -> Iterator[Diagnostic]:
    """Yield a warning for each normalisation whose start outlasts training; `longer` says how to train for more epochs."""
    norms: list[Any] = [op for op in program.network.operators if op.kind == "batch_norm"]
    # Only then is it worth opening a file.
    in_epoch = steps_an_epoch(program) if norms else None
    if not in_epoch:
        return
    steps = in_epoch * program.train.epochs
    for norm in norms:
        share = norm.momentum**steps
        if share < LARGEST_SHARE:
            continue
        message = (
            f"after {counted(steps, 'step')} of training ({counted(program.train.epochs, 'epoch')} of {in_epoch}) "
            f"the moving mean and variance, by which the network runs, still hold {share:.0%} of their start, 0 and 1: "
            f"{number(norm.momentum)} ** {steps}"
        )
        at, on_layer = _place(program, norm)
        options = [*_momentum(norm, steps, on_layer), *_epochs(program, norm, in_epoch, longer)]
        hint = f"write {', or '.join(options or [_written(norm, LAST_RESORT, on_layer)])}"
        on: Literal["key", "value"] = "value" if on_layer else "key"
        yield Diagnostic(BATCH_NORM_STEPS, message, at, on, hint)


def _place(program: Program, norm: BatchNorm) -> tuple[KeyPath, bool]:
    """Return where a normalisation was written, and whether that is a layer with weights of its own."""
    on_layer = any(op.at == norm.at and op != norm for op in program.network.operators)
    return ((*norm.at, "batch_norm"), True) if on_layer else (norm.at, False)


def _momentum(norm: BatchNorm, steps: int, on_layer: bool) -> Iterator[str]:
    """Yield the largest momentum by which the start is left behind in time."""
    enough = (m for m in MOMENTA if m < norm.momentum and m**steps <= WANTED_SHARE)
    for momentum in list(enough)[:1]:
        yield _written(norm, momentum, on_layer)


def _written(norm: BatchNorm, momentum: float, on_layer: bool) -> str:
    setting = f"momentum = {momentum}"
    if not on_layer:
        return setting
    epsilon = "" if norm.epsilon == 0.001 else f", epsilon = {number(norm.epsilon)}"
    return f"{{ {setting}{epsilon} }}"


def _epochs(program: Program, norm: BatchNorm, in_epoch: int, longer: str) -> Iterator[str]:
    """Yield for how many epochs to train, unless training may end before."""
    epochs = ceil(log(WANTED_SHARE) / log(norm.momentum) / in_epoch)
    if epochs <= MOST_EPOCHS and not program.train.early_stopping:
        yield longer.format(epochs)
