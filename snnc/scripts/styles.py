"""Neurons that several layers share, as constants of a script."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from snnc.program.network import Population
from snnc.program.program import Program
from snnc.scripts.code import Code, Group, entry, expression, joined, layout
from snnc.spec.gradients import Gradient, Rate, Smooth


@dataclass(frozen=True, eq=False, repr=False)
class Style:
    """What the constants of some layers' neurons say. All of them begin with `prefix`, which is empty for a single style."""

    members: tuple[Population, ...]
    prefix: str

    @property
    def max_rate(self) -> float:
        return self.members[0].neurons.max_rate

    @property
    def layers(self) -> str:
        """Which layers are meant, where there are others."""
        first, *others = (member.name for member in self.members)
        if not self.prefix:
            return ""
        return joined([first, *others]) if len(others) < 4 else f"{first} and {len(others)} more"

    @property
    def tuning(self) -> str:
        intercept = expression([self.members[0].neurons.intercept])
        tuning = (
            entry("max_rates", _choice(Group("[", (f"{self.prefix}MAX_RATE",), "]"))),
            entry("intercepts", _choice(intercept)),
        )
        return layout(Group("{", tuning, "}"), f"{self.prefix}TUNING = ")

    @property
    def training_comment(self) -> str:
        return _training_comment(self.members[0].gradient)

    @property
    def training(self) -> str:
        first = self.members[0]
        neurons = expression(first.neurons.trained(first.gradient), f"{self.prefix}MAX_RATE")
        return layout(neurons, f"{self.prefix}TRAINING_NEURONS = ")

    @property
    def at_rest(self) -> bool:
        """Whether the neurons that run are told where to start."""
        return "initial_state" in self.members[0].neurons.running().kwargs

    @property
    def running(self) -> str:
        """The neurons that run, where the maximal rate is a constant."""
        neurons = expression(self.members[0].neurons.running(), f"{self.prefix}MAX_RATE")
        return layout(neurons, f"{self.prefix}RUNNING_NEURONS = ")

    @property
    def running_alone(self) -> str:
        """The neurons that run, where it is not."""
        return layout(expression(self.members[0].neurons.running()), f"{self.prefix}NEURONS = ")


def styles(program: Program) -> tuple[Style, ...]:
    """Return the styles of a program's populations, in the order of their first layers."""
    groups: list[list[Population]] = []
    for population in program.network.populations:
        for group in groups:
            if _alike(group[0], population):
                group.append(population)
                break
        else:
            groups.append([population])
    prefixes = _prefixes([group[0].name for group in groups])
    return tuple(Style(tuple(g), p) for g, p in zip(groups, prefixes, strict=True))


def _alike(one: Population, other: Population) -> bool:
    return (one.neurons, one.gradient) == (other.neurons, other.gradient)


def _prefixes(names: Sequence[str]) -> list[str]:
    """Return what the constants of each style begin with: the name of its first layer, shortened."""
    if len(names) == 1:
        return [""]
    prefixes: list[str] = []
    for name in names:
        short = name.upper()[:16].rstrip("_")
        prefix, number = f"{short}_", 1
        while prefix in prefixes:
            number += 1
            prefix = f"{short}_{number}_"
        prefixes.append(prefix)
    return prefixes


def _choice(options: Code) -> Code:
    return Group("nengo.dists.Choice(", (options,), ")")


def _training_comment(gradient: Gradient) -> str:
    if isinstance(gradient, Rate):
        return "# Trained on firing rates."
    if isinstance(gradient, Smooth):
        return "# Trained on rates with a softened threshold: LIF's own have no finite slope there."
    return "# Trained on rates rounded as on the chip, with a smooth slope."
