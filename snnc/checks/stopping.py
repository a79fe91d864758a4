"""Rules on early stopping: it can be judged, it can come, and it doesn't come before anything is learnt."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil

from snnc.checks.rule import rule
from snnc.checks.steps import steps_an_epoch
from snnc.diagnostics.codes import error, warning
from snnc.diagnostics.diagnostic import Diagnostic, KeyPath
from snnc.diagnostics.wording import counted, number
from snnc.program.program import Program

STOPPING: KeyPath = ("train", "early_stopping")
PATIENCE: KeyPath = (*STOPPING, "patience")
#: With fewer steps than this nothing may be learnt yet: an accuracy on few items stays the same for longer than a loss.
#: docs/codes/hasty-stopping.md says how that was measured.
FEWEST_STEPS = {"val_loss": 50, "val_accuracy": 100}
MOST_EPOCHS = 999

EARLY_STOPPING = error("early-stopping")


@rule
def stopping_judged(program: Program) -> Iterator[Diagnostic]:
    """Early stopping compares epochs on items that aren't trained on."""
    if program.train.early_stopping and not program.validates:
        message = "no items are held out from training, by which it could be told when to stop"
        hint = "write validation_fraction = 0.1 in [train]"
        yield Diagnostic(EARLY_STOPPING, message, STOPPING, "key", hint)


LATE_STOPPING = warning("late-stopping")


@rule
def stopping_possible(program: Program) -> Iterator[Diagnostic]:
    """Training ends early only if there are more epochs than the first and those of patience."""
    stopping, epochs = program.train.early_stopping, program.train.epochs
    if stopping is None or _fits(program, stopping.patience):
        return
    message = f"of {number(epochs)} epochs none is left out: training would wait for {number(stopping.patience)} after the first"
    patience = max(epochs // 5, _enough(program))
    if _fits(program, patience):
        yield Diagnostic(LATE_STOPPING, message, PATIENCE, hint=f"write {patience}")
    else:
        yield Diagnostic(LATE_STOPPING, message, STOPPING, "key", "leave it out")


HASTY_STOPPING = warning("hasty-stopping")


@rule
def stopping_waits(program: Program) -> Iterator[Diagnostic]:
    """Patience is for so many steps of training that something is learnt in them, if anything is."""
    stopping, enough = program.train.early_stopping, _enough(program)
    # A patience that no epoch is left out by is too long as well: one finding at a time.
    if stopping is None or stopping.patience >= enough or not _fits(program, stopping.patience):
        return
    in_epoch = steps_an_epoch(program)
    assert in_epoch
    message = (
        f"training ends after {counted(stopping.patience * in_epoch, 'step')} ({counted(stopping.patience, 'epoch')} of {in_epoch}) "
        f"without a gain: in fewer than {FEWEST_STEPS[stopping.monitor]} a network may not have begun to learn"
    )
    if _fits(program, enough):
        yield Diagnostic(HASTY_STOPPING, message, PATIENCE, hint=f"write {enough}")
        return
    longer = f", or write epochs = {5 * enough} in [train]" if 5 * enough <= MOST_EPOCHS else ""
    yield Diagnostic(HASTY_STOPPING, message, STOPPING, "key", f"leave it out{longer}")


def _fits(program: Program, patience: int) -> bool:
    """Whether training may end early with some patience, or at least keeps the best epoch's weights."""
    stopping = program.train.early_stopping
    keeps_best = stopping is not None and stopping.restore_best_weights
    return keeps_best or patience + 1 < program.train.epochs


def _enough(program: Program) -> int:
    """Return for how many epochs to wait at least; 1 where it isn't known how many steps an epoch has."""
    stopping = program.train.early_stopping
    in_epoch = steps_an_epoch(program) if stopping else None
    return ceil(FEWEST_STEPS[stopping.monitor] / in_epoch) if stopping and in_epoch else 1
