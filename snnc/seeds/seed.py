"""A program with another seed: its own weights and order of items, and the same items held out."""

from __future__ import annotations

from dataclasses import replace

from snnc.diagnostics.errors import UsageError
from snnc.program.program import Program
from snnc.spec.base import LARGEST_SEED


def seeds_of(program: Program, n: int) -> range:
    """Return n seeds, from the program's own on. Raises a UsageError if there aren't as many."""
    first = program.network.seed
    if first + n - 1 > LARGEST_SEED:
        raise UsageError(
            f"seeds end at {LARGEST_SEED}, and {n} from {first} on go beyond: write a smaller seed in [network], or fewer --seeds"
        )
    return range(first, first + n)


def with_seed(program: Program, seed: int) -> Program:
    """Return a program with another seed, whose files have that seed in their names.

    It is the program of the same spec with `seed` in [network], and in [data] with the `split_seed` by which the spec itself
    holds items out.
    """
    data = program.data
    if "split_seed" in type(data).model_fields and data.split_fraction is not None:
        data = data.model_copy(update={"split_seed": program.split_seed})
    network = replace(program.network, seed=seed, name=f"{program.name}.seed{seed}")
    return replace(program, network=network, data=data)
