"""Neurons that several layers share, as constants of a script."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from snnc.operators.call import Call
from snnc.program.network import Network, Population
from snnc.scripts.code import Code, Group, entry, expression, joined, layout, literal, prefixed
from snnc.spec.gradients import Gradient, Rate, Smooth


class Style(NamedTuple):
    """Neurons that some layers share. The names of their constants begin with `prefix`, empty for a single style."""

    members: tuple[Population, ...]
    prefix: str

    @property
    def layers(self) -> str:
        """Name the layers, where there are others."""
        first, *others = (member.name for member in self.members)
        if not self.prefix:
            return ""
        return joined([first, *others]) if len(others) < 4 else f"{first} and {len(others)} more"

    @property
    def max_rate(self) -> float:
        return self.members[0].neurons.max_rate

    @property
    def trained(self) -> Call:
        return self.members[0].neurons.trained(self.members[0].gradient)

    @property
    def running(self) -> Call:
        return self.members[0].neurons.running()


class Neurons(NamedTuple):
    """The constants of a style: in the training script both kinds of neurons, else those that run."""

    layers: str
    max_rate: str
    tuning: str
    settings: str
    training_comment: str
    training: str
    at_rest: bool
    running: str
    template: str = "shared/neurons.py.jinja"

    @property
    def imports(self) -> tuple[str, ...]:
        calls = f"{self.training} {self.running}"
        modules = ("nengo_dl", "nengo_loihi")
        used = (f"import {module}" for module in modules if f"{module}." in calls)
        return ("import nengo", "from nengo.dists import Choice", *used)


class RateScales(NamedTuple):
    """The constant that says how many times as fast some layers run as they were trained to."""

    scales: str
    template: str = "shared/rate_scale.py.jinja"


class Weaker(NamedTuple):
    """The function that makes a spike count less."""

    template: str = "shared/weaker.py.jinja"

    @property
    def imports(self) -> tuple[str, ...]:
        return ("import nengo",)


def rate_scales(network: Network) -> tuple[RateScales, ...]:
    """Return the constant of layers that run faster or slower than they were trained to, if there are some."""
    if not network.rate_scales:
        return ()
    entries = tuple(entry(name, literal(s)) for name, s in network.rate_scales.items())
    return (RateScales(layout(Group("{", entries, "}"), "RATE_SCALE = ")),)


def neurons(style: Style, with_training: bool) -> Neurons:
    """Return the constants of a style; a setting that the trained and the running neurons share stands once."""
    trained, running = style.trained.kwargs, style.running.kwargs
    common = {k: v for k, v in running.items() if k in trained and trained[k] == v}
    prefix = style.prefix
    shared = f"{prefix}LIF" if "tau_rc" in common else None
    intercept = expression([style.members[0].neurons.intercept])
    tuning = Group(
        "{",
        (
            entry("max_rates", Group("Choice(", (f"[{prefix}MAX_RATE]",), ")")),
            entry("intercepts", Group("Choice(", (intercept,), ")")),
        ),
        "}",
    )
    settings = expression(common, f"{prefix}MAX_RATE")
    name = "RUNNING_NEURONS" if with_training else "NEURONS"
    return Neurons(
        layers=style.layers,
        max_rate=f"{prefix}MAX_RATE = {expression(style.max_rate)}",
        tuning=layout(tuning, f"{prefix}TUNING = "),
        settings=layout(settings, f"{shared} = ") if shared else "",
        training_comment=_training_comment(style.members[0].gradient) if with_training else "",
        training=_constant(f"{prefix}TRAINING_NEURONS", style.trained, style, shared, common)
        if with_training
        else "",
        at_rest="initial_state" in running,
        running=_constant(f"{prefix}{name}", style.running, style, shared, common),
    )


def _constant(
    name: str, call: Call, style: Style, shared: str | None, common: dict[str, Any]
) -> str:
    """Return the constant that a call makes, with the shared settings by their own constant."""
    own = {k: v for k, v in call.kwargs.items() if not shared or k not in common}
    rate = f"{style.prefix}MAX_RATE"
    arguments: list[Code] = [f"**{shared}"] if shared else []
    arguments += [prefixed(f"{key}=", expression(value, rate)) for key, value in own.items()]
    return layout(Group(f"{call.name}(", tuple(arguments), ")"), f"{name} = ")


def styles(network: Network) -> tuple[Style, ...]:
    """Return the styles of a network's populations, in the order of their first layers."""
    groups: list[list[Population]] = []
    for population in network.populations:
        for group in groups:
            if _alike(group[0], population):
                group.append(population)
                break
        else:
            groups.append([population])
    prefixes = _prefixes([group[0].name for group in groups])
    return tuple(Style(tuple(g), p) for g, p in zip(groups, prefixes, strict=True))


def prefixes_of(network: Network) -> dict[str, str]:
    """Return, for each population, the beginning of the names of its neurons' constants."""
    return {member.name: style.prefix for style in styles(network) for member in style.members}


def running_neurons(network: Network) -> str:
    """Return code for the neurons that a layer `ens` runs with."""
    return "RUNNING_NEURONS" + ("[ens.label]" if len(styles(network)) > 1 else "")


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


def _training_comment(gradient: Gradient) -> str:
    if isinstance(gradient, Rate):
        return "# Trained on firing rates."
    if isinstance(gradient, Smooth):
        return "# Trained on rates with a softened threshold: LIF's own have no finite slope there."
    return "# Trained on rates rounded as on the chip, with a smooth slope."
