"""Rules on neurons, synapses and places that Loihi can't have. They find something only where loihi is a target."""

from __future__ import annotations

from collections.abc import Iterator
from math import expm1

from snnc.checks.fast import TooFast, too_fast
from snnc.checks.hints import USUAL_REST, USUAL_STEP, rests_long, setting, usual_step
from snnc.checks.rule import rule
from snnc.checks.units import SLOW, in_seconds
from snnc.diagnostics.codes import error, warning
from snnc.diagnostics.diagnostic import Diagnostic, KeyPath
from snnc.diagnostics.wording import number
from snnc.program.network import Network, Population
from snnc.program.program import Program
from snnc.spec import write_toml
from snnc.spec.base import INPUT
from snnc.spec.synapses import Alpha, Lowpass

#: The chip counts refractory steps in 6 bits, one of which NengoLoihi takes for itself.
LONGEST_REST = 62
#: Of currents and voltages at least half of 1 / 4096 must decay in a step.
LEAST_DECAY = 0.5 / 4096
#: NengoLoihi's filter of the chip's input.
INPUT_LOWPASS = Lowpass.model_construct(kind="lowpass", tau=0.005)
#: The usual time constant of a layer's synapse, in seconds.
USUAL_TAU = 0.005
USUAL_SYNAPSE = 'write { kind = "lowpass", tau = 0.005 }'
NOT_FOR_LOIHI = 'take "loihi" out of targets'
#: Spikes a step at max_rate, above which the chip's rounding of time to steps costs more than training makes up for.
ROUNDED = 0.3
#: Spikes a step at max_rate, above which inputs beyond 1 ask for more than the one spike that the chip takes from the host.
CROWDED = 0.5


CHIP_EMPTY = error("chip-empty")


@rule
def chip_empty(program: Program) -> Iterator[Diagnostic]:
    """NengoLoihi refuses a network without a neuron on the chip."""
    if program.on_loihi and not program.network.populations_on_chip:
        yield Diagnostic(
            CHIP_EMPTY,
            "no layer runs on the chip: the one that reads the input turns it into spikes on the host",
            ("layers", 0),
            "key",
            f"add a layer, or {NOT_FOR_LOIHI}",
        )


CHIP_NEURONS = error("chip-neurons")


@rule
def chip_neurons(program: Program) -> Iterator[Diagnostic]:
    """The chip only runs spikes, and reads any value that isn't 0 from the host as a spike."""
    refused = [p for p in program.network.populations_on_chip if not p.neurons.on_loihi]
    places = {p.at_neurons("kind") for p in refused}
    for population in program.network.populations:
        kind, at = population.neurons.kind, population.at_neurons("kind")
        if population in refused:
            why = f"'{kind}' neurons put out rates; Loihi only runs spikes"
        elif (
            population in program.network.feeding_from_host
            and not population.neurons.spiking
            and at not in places
        ):
            why = f"'{kind}' neurons put out rates; the chip takes every value for a spike"
        else:
            continue
        instead = "spiking_relu" if "relu" in kind else "lif"
        hint = f'write "{instead}", or {NOT_FOR_LOIHI}'
        yield Diagnostic(CHIP_NEURONS, why, at, hint=hint)


CHIP_MAX_RATE = error("chip-max-rate")


@rule
def chip_max_rate(program: Program) -> Iterator[Diagnostic]:
    """After a spike a neuron on the chip rests for a whole number of steps, and one more."""
    for population in program.network.populations_on_chip:
        if population.running_rate * population.neurons.refractory >= 1:
            continue  # max_rate_possible and rates_scaled have something to say of those
        largest = fastest_on_chip(program.network, population)
        if fast := too_fast(population, largest, "tau_ref"):
            rest = round(1 / (largest * program.network.dt))
            fires = "in every step" if rest == 1 else f"every {rest} steps"
            at, hint = _slower(program.network, population, fast)
            yield Diagnostic(
                CHIP_MAX_RATE,
                f"on the chip these neurons fire {fires} at most, at {largest:g} Hz; {fast.asked}",
                at,
                hint=hint,
            )


def _slower(network: Network, population: Population, fast: TooFast) -> tuple[KeyPath, str]:
    """Return how to have neurons that the chip can have, and where: of usual rates, where they have rates of their own."""
    if fast.scaled:
        return fast.at, fast.instead
    if rests_long(population):
        at = population.at_neurons("tau_ref")
        return at, f"write {setting(at, 'neurons', 'tau_ref', USUAL_REST)}"
    usual = "; 100 to 300 is usual" if fastest_on_chip(network, population) >= 300 else ""
    return fast.at, usual_step(network, f"{fast.instead}{usual}")


def fastest_on_chip(network: Network, population: Population) -> float:
    """Return the highest firing rate that a population has on the chip, in hertz."""
    return 1 / (network.dt * (1 + round(population.neurons.refractory / network.dt)))


CHIP_ROUNDING = warning("chip-rounding")


@rule
def chip_keeps_rates(program: Program) -> Iterator[Diagnostic]:
    """On the chip a neuron fires on a whole step, later than it would: at high rates that takes much of the rate."""
    for population in program.network.populations_on_chip:
        dt, rate = program.network.dt, population.running_rate
        fast = too_fast(population, ROUNDED / dt)
        if fast is None or population.gradient.kind == "loihi":
            continue  # or trained with the rates that the chip has
        if rate > fastest_on_chip(program.network, population):
            continue  # chip_max_rate has something to say of those
        yield Diagnostic(
            CHIP_ROUNDING,
            f"at {number(rate)} Hz the chip loses about {rate * dt / 2:.0%} of the rate: it fires on whole steps",
            fast.at,
            hint=f'{fast.instead}, or gradient = "loihi" in [train], which trains with the chip\'s rates',
        )


HOST_MAX_RATE = warning("host-max-rate")


@rule
def host_keeps_rates(program: Program) -> Iterator[Diagnostic]:
    """From the host the chip takes one spike a neuron and step; more are lost."""
    for population in program.network.feeding_from_host:
        dt = program.network.dt
        if fast := too_fast(population, CROWDED / dt):
            yield Diagnostic(
                HOST_MAX_RATE,
                f"'{population.name}' runs on the host, and the chip takes one spike a step from there, {1 / dt:.4g} Hz; "
                f"an input above {1 / (population.running_rate * dt):.2g} would be cut",
                fast.at,
                hint=fast.instead if fast.scaled else usual_step(program.network, fast.instead),
            )


CHIP_SYNAPSE = error("chip-synapse")


@rule
def chip_synapse(program: Program) -> Iterator[Diagnostic]:
    """On the chip a synapse is a first-order lowpass."""
    for connection in program.network.into_chip():
        if isinstance(connection.synapse, Alpha):
            yield Diagnostic(
                CHIP_SYNAPSE,
                "the chip has no alpha synapse",
                connection.synapse_at,
                hint=USUAL_SYNAPSE,
            )


CHIP_INPUT = error("chip-input")
CHIP_INPUT_CODING = warning("chip-input-coding")


@rule
def chip_input(program: Program) -> Iterator[Diagnostic]:
    """NengoLoihi turns what the chip reads from the input into spikes of its own: clipped to [-1, 1], through 5 ms."""
    for connection in program.network.into_chip():
        if connection.source != INPUT:
            continue
        at = program.network.population(connection.target).on_chip_at or connection.at
        if program.network.form(connection).kind != "dense":
            yield Diagnostic(
                CHIP_INPUT,
                f"'{connection.target}' reads the input on the chip, and NengoLoihi builds only dense layers there",
                at,
                hint="write on_chip = false, and let the layer after it be the first on the chip",
            )
            continue
        if program.data.scale not in ("unit", "signed"):
            yield Diagnostic(
                CHIP_INPUT,
                "a layer on the chip reads the input, and NengoLoihi clips that to [-1, 1]",
                at,
                hint='write on_chip = false, or scale = "signed" in [data]',
            )
            continue
        yield Diagnostic(
            CHIP_INPUT_CODING,
            "NengoLoihi sends the input to the chip as spikes of its own, clipped to [-1, 1] and through a lowpass of 5 ms",
            at,
            hint="write on_chip = false: this layer then makes the spikes, on the host",
        )
        for other in program.network.into(connection.target):
            if other.synapse is not None and other.synapse != INPUT_LOWPASS:
                yield Diagnostic(
                    CHIP_SYNAPSE,
                    f"'{connection.target}' reads the input too, and then its only synapse on the chip is a lowpass of 5 ms",
                    other.synapse_at,
                    hint=f"{USUAL_SYNAPSE}, or on_chip = false",
                )


CHIP_OUTPUT = error("chip-output")


@rule
def chip_output(program: Program) -> Iterator[Diagnostic]:
    """NengoLoihi builds only dense connections from the chip to the host."""
    on_chip = {population.name for population in program.network.populations_on_chip}
    for population in program.network.populations:
        if population.on_chip:
            continue
        leaving = [c for c in program.network.into(population.name) if c.source in on_chip]
        if all(program.network.form(c).kind in ("dense", "none") for c in leaving):
            continue
        source = leaving[0].source
        yield Diagnostic(
            CHIP_OUTPUT,
            f"'{population.name}' runs on the host and reads '{source}' from the chip, where NengoLoihi builds only dense layers",
            population.on_chip_at or population.at,
            hint="write on_chip = true"
            if population.neurons.on_loihi
            else f"write on_chip = false for '{source}' too",
        )


CHIP_NO_SYNAPSE = warning("chip-no-synapse")


@rule
def chip_spikes_filtered(program: Program) -> Iterator[Diagnostic]:
    """Without a synapse a spike counts for one step only, and what the next layer makes of it depends on coincidences."""
    for connection in program.network.into_chip():
        if connection.source != INPUT and not connection.taus:
            yield Diagnostic(
                CHIP_NO_SYNAPSE,
                "on the chip a layer without a synapse gets each spike for one step only: it adds up what happens to coincide",
                connection.synapse_at,
                hint=USUAL_SYNAPSE,
            )


CHIP_TAU_REF = warning("chip-tau-ref")


@rule
def chip_refractory(program: Program) -> Iterator[Diagnostic]:
    """The chip rests for whole steps, and not for long."""
    for population in program.network.populations_on_chip:
        if not population.neurons.refractory:
            continue
        steps = population.neurons.refractory / program.network.dt
        at = population.at_neurons("tau_ref", otherwise=("network", "dt"))
        rounded = round(steps)
        if rounded > LONGEST_REST:
            longest = f"{LONGEST_REST * program.network.dt:g}"
            message = f"the chip's refractory period is {LONGEST_REST} steps at most, {longest} s; the emulator doesn't say so"
            hint = f"write {setting(at, 'neurons', 'tau_ref', f'{longest} or less')}"
            yield Diagnostic(CHIP_TAU_REF, message, at, hint=hint)
        elif abs(steps - rounded) > 1e-6:
            whole = f"{rounded * program.network.dt:.10g}"
            message = f"the chip rounds tau_ref to whole steps, here to {whole} s"
            hint = f"write {setting(at, 'neurons', 'tau_ref', whole)}"
            yield Diagnostic(CHIP_TAU_REF, message, at, hint=hint)


CHIP_TAU = error("chip-tau")


@rule
def chip_decays(program: Program) -> Iterator[Diagnostic]:
    """The chip has 12 bits for decays, too few for long time constants."""
    slow = list(_slow_decays(program.network))
    if slow and _longest_tau(program.network) < USUAL_TAU:
        message = f"with dt {program.network.dt:g} the chip has no time constant that is usual: up to {8190 * program.network.dt:g} s or so"
        slow = [Diagnostic(CHIP_TAU, message, ("network", "dt"), hint=f"write {USUAL_STEP}")]
    yield from slow


def _slow_decays(network: Network) -> Iterator[Diagnostic]:
    longest = _longest_tau(network)
    message = f"the chip has no time constant as long as that with dt {network.dt:g}: up to {8190 * network.dt:g} s or so"
    for population in network.populations_on_chip:
        tau_rc = getattr(population.neurons, "tau_rc", None)
        if tau_rc and -expm1(-network.dt / tau_rc) <= LEAST_DECAY:
            at = population.at_neurons("tau_rc", "kind", otherwise=("network", "dt"))
            shorter = min(in_seconds(tau_rc, SLOW, usual=0.02), longest)
            hint = f"write {setting(at, 'neurons', 'tau_rc', f'{shorter:.3g}')}"
            yield Diagnostic(CHIP_TAU, message, at, hint=hint)
    for connection in network.into_chip():
        tau = max(connection.taus, default=0.0)
        if tau and -expm1(-network.dt / tau) <= LEAST_DECAY:
            shorter = min(in_seconds(tau, SLOW, usual=USUAL_TAU), longest)
            hint = f'write {{ kind = "lowpass", tau = {shorter:.3g} }}'
            yield Diagnostic(CHIP_TAU, message, connection.synapse_at, hint=hint)


def _longest_tau(network: Network) -> float:
    """Return a time constant in seconds that is nearly as long as the chip has them."""
    return 8000 * network.dt


CHIP_HOST_CHIP = warning("chip-host-chip")


@rule
def chip_left_once(program: Program) -> Iterator[Diagnostic]:
    """Spikes that leave the chip and come back make host and chip wait for each other in every step."""
    for population in program.network.feeding_from_host:
        into = program.network.into(population.name)
        sources = {c.source for c in into}
        if any(program.network.population(source).on_chip for source in sources - {INPUT}):
            yield Diagnostic(
                CHIP_HOST_CHIP,
                f"spikes leave the chip for '{population.name}' and come back: host and chip then wait for each other in every step",
                population.on_chip_at or population.at,
                hint="write on_chip = true"
                if INPUT not in sources
                else f"write from = {write_toml.value([c.via for c in into if c.source != INPUT])}, without the input",
            )


UNUSED_CHIP_SETTING = warning("unused-chip-setting")


@rule
def chip_settings_used(program: Program) -> Iterator[Diagnostic]:
    """Settings of the chip have no effect without loihi among the targets."""
    if program.on_loihi:
        return
    written: list[KeyPath] = [p.on_chip_at for p in program.network.populations if p.on_chip_at]
    if program.loihi.model_fields_set:
        written.append(("loihi", "target"))
    for at in written:
        message = f"'{at[-1]}' has no effect: \"loihi\" is not among the targets"
        yield Diagnostic(UNUSED_CHIP_SETTING, message, at, "key", "remove it, or add the target")
