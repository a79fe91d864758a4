"""Figures of runs. `run --plot` draws here what the scripts draw themselves, to the pixel."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from snnc.diagnostics.errors import UsageError
from snnc.environment.files import ensure_room, replacing
from snnc.networks.build import build
from snnc.program.network import Network
from snnc.program.program import Program
from snnc.running.answers import Answers
from snnc.running.rates import nengo_rates
from snnc.running.recording import Recording
from snnc.running.simulators import Place
from snnc.scripts.figures import COLOURS, NEURONS, Figures
from snnc.scripts.neurons import Style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Array = NDArray[np.float64]
Labels = NDArray[np.int64]

BLUE, RED, *_ = COLOURS
#: What a figure takes at most.
MOST_BYTES = 2_000_000


def path_of(folder: Path, program: Program, place: Place) -> Path:
    return folder / f"{program.name}.{place}.png"


def ensure_writable(folder: Path, program: Program, places: Iterable[Place]) -> None:
    """Raise a UsageError now, rather than after the runs, if Matplotlib is missing or figures can't be written."""
    try:
        import matplotlib.figure  # noqa: F401
    except ImportError as error:
        raise UsageError(
            f"--plot needs Matplotlib ({error}): pip install 'matplotlib>=3.8' installs it"
        ) from error
    ensure_room((path_of(folder, program, place), MOST_BYTES) for place in places)


def save(
    folder: Path, program: Program, place: Place, x: Array, labels: Labels, answers: Answers
) -> None:
    """Write the figure of a run on items x, (n, size), with labels, (n,)."""
    import matplotlib

    # Labels may have dollar signs.
    with matplotlib.rc_context({"text.parse_math": False}):
        if answers.recording is None:
            figure = fresh_figure(program, labels, answers)
        else:
            figure = stream_figure(program, place, x, labels, answers, answers.recording)
        with replacing(path_of(folder, program, place)) as unfinished:
            figure.savefig(unfinished, dpi=100)


def fresh_figure(program: Program, labels: Labels, answers: Answers) -> Figure:
    """Return tuning curves, firing rates and answers, for items shown fresh."""
    # A Figure alone needs no window, and leaves pyplot's state as it is.
    from matplotlib.figure import Figure

    figure = Figure((15, 5), layout="constrained")
    figure.suptitle(f"{program.name}, nengo_dl (fresh): {len(labels)} items")
    axes = figure.subplots(1, 3)
    plot_tuning(axes[0], program)
    plot_rates(axes[1], answers.rates)
    plot_answers(axes[2], program, labels, answers.classes)
    return figure


def stream_figure(
    program: Program,
    place: Place,
    x: Array,
    labels: Labels,
    answers: Answers,
    recording: Recording,
) -> Figure:
    """Return the first items beside output and spikes over time, firing rates and all answers, for a stream."""
    from matplotlib.figure import Figure

    spikes = {name: recording.spikes[name] for name in Figures(program).spiking}
    first, said = x[: len(recording.filtered)], answers.classes
    figure = Figure((15, 6 + 1.2 * len(spikes)), layout="constrained")
    shown = f"the first {len(first)} of {len(labels)} items"
    where = f"nengo_loihi {program.loihi.target}" if place == "nengo_loihi" else place
    figure.suptitle(f"{program.name}, {where} (stream): {shown}")
    rows: list[Any] = [["items", "rates"], ["unfiltered", "rates"], ["filtered", "answers"]]
    rows += [["spikes", "answers"]] if spikes else []
    heights = (1, 1, 1, len(spikes) / 2)[: len(rows)]
    axes: dict[str, Axes] = figure.subplot_mosaic(rows, width_ratios=(2, 1), height_ratios=heights)
    plot_items(axes["items"], program, first, labels, said)
    plot_output(axes["unfiltered"], program.network, recording.unfiltered, labels, said)
    plot_output(axes["filtered"], program.network, recording.filtered, labels, said)
    axes["unfiltered"].set_title("without the probe's synapse", loc="left")
    axes["filtered"].set_title("with it, read where it is grey", loc="left")
    for item in range(len(first)):
        end = program.network.dt * (
            item * (program.stream_steps + program.gap_steps) + program.stream_steps
        )
        start = end - program.network.dt * program.read_steps(program.stream_steps)
        axes["filtered"].axvspan(start, end, color="0.9")
    if spikes:
        plot_spikes(axes["spikes"], program.network, spikes)
    plot_rates(axes["rates"], answers.rates)
    plot_answers(axes["answers"], program, labels, said)
    return figure


def confusion(labels: Labels, answers: Labels, classes: int) -> NDArray[np.int64]:
    """Return how many items of each class, in rows, got which answer, in columns."""
    counts = np.zeros((classes, classes), dtype=np.int64)
    np.add.at(counts, (labels, answers), 1)
    return counts


def tuning_curves(style: Style, dt: float) -> tuple[Array, dict[str, Array]]:
    """Return inputs, and the firing rate in hertz at each, of the neurons that are trained and of those that run."""
    population = style.members[0]
    neurons = population.neurons
    trained = build(neurons.trained(population.gradient))
    gain, bias = trained.gain_bias(np.array([neurons.max_rate]), np.array([neurons.intercept]))
    inputs = np.linspace(-1, 1, 201)
    curves = {}
    for use, neuron_type in (("trained", trained), ("running", build(neurons.running()))):
        rates = nengo_rates(neuron_type, inputs, gain, bias, dt)
        curves[f"{type(neuron_type).__name__}, {use}"] = rates.ravel() / neuron_type.amplitude
    return inputs, curves


def plot_tuning(ax: Axes, program: Program) -> None:
    """Draw how fast neurons fire for an input: those that are trained, those that run."""
    for layers, colour, style in Figures(program).tunings:
        inputs, curves = tuning_curves(style, program.network.dt)
        for (name, hertz), line in zip(curves.items(), ("-", "--"), strict=True):
            ax.plot(inputs, hertz, line, color=colour, label=f"{layers}: {name}")
    ax.set(title="tuning curves", xlabel="input of a neuron, without its bias")
    ax.set_ylabel("firing rate, Hz")
    ax.legend(fontsize="small")


def plot_rates(ax: Axes, rates: dict[str, Array]) -> None:
    """Draw a dot for each neuron and a bar for the mean of each layer, the first layer on top."""
    for row, hertz in enumerate(rates.values()):
        heights = row + np.linspace(-0.3, 0.3, len(hertz))
        ax.plot(hertz, heights, ".", markersize=3, color=BLUE)
        ax.plot([hertz.mean()] * 2, [row - 0.4, row + 0.4], color="black")
    names = [f"{name}\n{hertz.mean():.0f} Hz" for name, hertz in rates.items()]
    ax.set(title="firing rates of neurons, and their mean", xlabel="firing rate, Hz")
    ax.set_yticks(range(len(names)), names)
    ax.set_ylim(len(names) - 0.5, -0.5)


def plot_answers(ax: Axes, program: Program, labels: Labels, answers: Labels) -> None:
    """Draw how many items of each class got which answer, shaded by their share of the class."""
    figures, classes = Figures(program), program.network.output.classes
    counts = confusion(labels, answers, classes)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    ax.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    right = np.mean(labels == answers)
    ax.set_title(f"answers to {len(labels)} items, {right:.1%} right")
    ax.set(xlabel="answer", ylabel="class")
    if figures.names_classes:
        turn = 90 if figures.turns_names else 0
        ax.set_xticks(range(classes), figures.class_names, rotation=turn)
        ax.set_yticks(range(classes), figures.class_names)
    if figures.counts_answers:
        for (row, column), count in np.ndenumerate(counts):
            colour = "white" if shares[row, column] > 0.5 else "black"
            ax.text(column, row, str(count or ""), ha="center", va="center", color=colour)


def plot_items(ax: Axes, program: Program, x: Array, labels: Labels, answers: Labels) -> None:
    """Draw items above the time when they are shown: images as images, others as values."""
    figures = Figures(program)
    names, shape = figures.class_names, figures.item_shape
    ax.set_axis_off()
    for item, values in enumerate(x):
        inset = ax.inset_axes(((item + 0.2) / len(x), 0, 0.7 / len(x), 1))
        inset.set_title(f"class {names[labels[item]]}\nanswer {names[answers[item]]}")
        if shape:
            shares = (values - x.min()) / max(np.ptp(x), 1e-9)
            inset.imshow(shares.reshape(shape), cmap="gray", vmin=0, vmax=1)
            inset.set_axis_off()
        else:
            inset.stairs(values, fill=True, color=BLUE)
            inset.set_ylim(x.min(), x.max())


def plot_output(
    ax: Axes, network: Network, outputs: Array, labels: Labels, answers: Labels
) -> None:
    """Draw outputs over time, (items, steps, classes), the right and a wrong class above the others."""
    for item, output in enumerate(outputs):
        time = network.dt * (item * len(output) + np.arange(1, len(output) + 1))
        others = ax.plot(time, output, color="0.75", linewidth=0.8)
        wrong = ax.plot(time, output[:, answers[item]], color=RED)
        right = ax.plot(time, output[:, labels[item]], color=BLUE)
    lines, names = (right[0], wrong[0], others[0]), ("class", "wrong answer", "others")
    ax.legend(lines, names, ncols=3, loc="lower right", bbox_to_anchor=(1, 1), frameon=False)
    ax.set_xlim(0, time[-1])
    ax.set_ylabel("output")


def plot_spikes(ax: Axes, network: Network, spikes: dict[str, Array]) -> None:
    """Draw a dot for each spike of each layer, (items, steps, neurons), the first layer on top."""
    names = []
    for row, (name, outputs) in enumerate(spikes.items()):
        fired = np.concatenate(outputs)
        step, neuron = np.nonzero(fired)
        heights = row - 0.45 + 0.9 * (neuron + 0.5) / fired.shape[1]
        ax.plot(network.dt * (step + 1), heights, ".", markersize=1.5, color="black")
        names.append(f"{name}\n{fired.shape[1]} of {network.population(name).size}")
    ax.set_title(f"spikes: a row a neuron, {NEURONS} of a large layer", loc="left")
    ax.set_xlim(0, network.dt * len(fired))
    ax.set_xlabel("time, s")
    ax.set_yticks(range(len(names)), names)
    ax.set_ylim(len(names) - 0.5, -0.5)
