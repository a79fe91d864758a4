"""Settings that contradict each other, or that nothing uses."""

from __future__ import annotations

from collections.abc import Iterator

from snnc.checks.hints import USUAL_REST, at_most, rests_long, setting
from snnc.checks.rule import rule
from snnc.diagnostics.codes import error, warning
from snnc.diagnostics.diagnostic import Diagnostic
from snnc.diagnostics.wording import counted
from snnc.program.program import Program
from snnc.spec.base import INPUT
from snnc.spec.sources.base import KnownKind

LABELS = error("labels")


@rule
def labels_fit(program: Program) -> Iterator[Diagnostic]:
    """There is one label a class."""
    labels, classes = program.network.output.labels, program.network.output.classes
    if labels is not None and len(labels) != classes:
        message = f"there are {classes} classes, but {counted(len(labels), 'label')}"
        # How many classes a data set has that comes by its name is known.
        known = isinstance(program.data, KnownKind) and program.data.classes == classes
        hint = "list one a class" if known else f"write classes = {len(labels)}"
        hint = _names_in_file(program) or hint
        yield Diagnostic(LABELS, message, ("output", "labels"), hint=hint)


def _names_in_file(program: Program) -> str:
    """Return the hint for the names that a table of text has for the classes, or ""."""
    # Most specs have as many labels as classes.
    from snnc.data.csv_file import BadText, csv_format, label_names, naming
    from snnc.spec.sources.csv import Source as Csv

    path, data = program.data_path, program.data
    if path is None or not isinstance(data, Csv):
        return ""
    how = csv_format(program.network, data)
    try:
        names = label_names(path, how, how.label_of(path))
    except (OSError, BadText, LookupError):
        return ""
    return naming(names, how) if set(how.names) & set(names) else ""


MAX_RATE = error("max-rate")


@rule
def max_rate_possible(program: Program) -> Iterator[Diagnostic]:
    """A neuron can't fire faster than its refractory period lets it."""
    for population in program.network.populations:
        neurons = population.neurons
        if neurons.refractory and neurons.max_rate >= 1 / neurons.refractory:
            fastest = 1 / neurons.refractory
            at = population.at_neurons("max_rate", "tau_ref")
            # Next to the limit, gains grow without end; and steps lose rates.
            slower = at_most(min(fastest / 2, 0.25 / program.network.dt))
            hint = f"write {setting(at, 'neurons', 'max_rate', slower)}, say, or a shorter tau_ref"
            if rests_long(population):
                at = population.at_neurons("tau_ref")
                hint = f"write {setting(at, 'neurons', 'tau_ref', USUAL_REST)}"
            yield Diagnostic(
                MAX_RATE,
                f"with tau_ref {neurons.refractory:g} neurons fire below {fastest:g} Hz; max_rate is {neurons.max_rate:g}",
                at,
                hint=hint,
            )


UNUSED_GRADIENT = error("unused-gradient")


@rule
def gradient_applies(program: Program) -> Iterator[Diagnostic]:
    """A gradient that was written is used by some layer."""
    written = program.train.gradient
    if written is None or any(p.gradient == written for p in program.network.populations):
        return
    kinds = {
        "smooth": "lif, lif_rate and soft_lif neurons",
        "loihi": "layers on the chip and the loihi kinds",
    }
    yield Diagnostic(
        UNUSED_GRADIENT,
        f"'{written.kind}' is for {kinds[written.kind]}, and there are none",
        ("train", "gradient"),
        hint="leave it out: each layer then gets what suits its neurons",
    )


UNUSED_SYNAPSE = error("unused-synapse")


@rule
def synapse_applies(program: Program) -> Iterator[Diagnostic]:
    """A synapse of a layer's own filters spikes; the input has none."""
    for population in program.network.populations:
        sources = program.network.into(population.name)
        own = sources[0].synapse_at[0] == "layers"
        if own and all(c.source == INPUT for c in sources):
            yield Diagnostic(
                UNUSED_SYNAPSE,
                f"'{population.name}' reads the input alone, which has no spikes to filter",
                sources[0].synapse_at,
                "key",
                "leave it out",
            )


STEEP_GRADIENT = warning("steep-gradient")


@rule
def slope_finite(program: Program) -> Iterator[Diagnostic]:
    """LIF's rate has an infinite slope at threshold; with dropout, training doesn't get over that."""
    if not program.network.has_dropout:
        return
    for population in program.network.populations:
        if (
            population.neurons.leaky
            and population.neurons.trained(population.gradient).name == "nengo.LIFRate"
        ):
            yield Diagnostic(
                STEEP_GRADIENT,
                "with dropout, training on LIF rates that aren't softened ends several points lower",
                ("train", "gradient"),
                hint='write gradient = "smooth"',
            )
