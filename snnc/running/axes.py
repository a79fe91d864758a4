"""Draw the axes of a figure: tuning curves, firing rates, answers, items, outputs and spikes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from snnc.data.column_names import column_names
from snnc.networks.build import build
from snnc.program.network import Network
from snnc.program.program import Program
from snnc.running.rates import nengo_rates
from snnc.scripts.figures import COLOURS, LONGEST_NAME, MOST_COLUMNS, NEURONS, Figures
from snnc.scripts.neurons import Style
from snnc.training.epochs import Epoch

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[np.float64]
Labels = NDArray[np.int64]

BLUE, *_ = COLOURS


def confusion(labels: Labels, answers: Labels, classes: int) -> NDArray[np.int64]:
    """Return the number of items of each class, in rows, that got each answer, in columns."""
    counts = np.zeros((classes, classes), dtype=np.int64)
    np.add.at(counts, (labels, answers), 1)
    return counts


def tuning_curves(style: Style, dt: float) -> tuple[Array, dict[str, Array]]:
    """Return inputs, and the firing rates at them, in hertz, of the neurons that are trained and of those that run."""
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
    """Draw tuning curves of the neurons that are trained, and of those that run."""
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
    """Draw the confusion matrix, shaded by the share of each class."""
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
    columns = () if shape else column_names(program)
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
            if 0 < len(columns) <= MOST_COLUMNS:
                cut = [name[:LONGEST_NAME] for name in columns]
                inset.set_xticks(np.arange(len(cut)) + 0.5, cut, rotation=90, fontsize="x-small")


def plot_output(
    ax: Axes, program: Program, outputs: Array, labels: Labels, answers: Labels
) -> None:
    """Draw outputs over time, (items, steps, classes), a colour a class: the right one is thick, a wrong answer thick and dashed."""
    names = Figures(program).class_names
    for item, output in enumerate(outputs):
        time = program.network.dt * (item * len(output) + np.arange(1, len(output) + 1))
        for number, values in enumerate(output.T):
            thick = number in (labels[item], answers[item])
            style = "--" if thick and number != labels[item] else "-"
            (line,) = ax.plot(time, values, style, color=f"C{number % 10}")
            line.set_linewidth(2 if thick else 0.7)
            if item == 0:
                line.set_label(names[number])
    if len(names) <= 10:
        ax.legend(
            ncols=len(names),
            fontsize="small",
            handlelength=1,
            loc="lower right",
            bbox_to_anchor=(1, 1),
            frameon=False,
        )
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


def plot_borders(ax: Axes, times: Sequence[float]) -> None:
    """Draw a line where an item ends and the next one begins."""
    for time in times:
        ax.axvline(time, color="0.5", linewidth=0.8)


def plot_history(ax: Axes, epochs: Sequence[Epoch], quantity: str) -> None:
    """Draw the loss or the accuracy of the items that are trained on, and of those that validate, epoch by epoch."""
    numbers = [epoch.number for epoch in epochs]
    mark = ".-" if len(epochs) < 30 else "-"
    ax.plot(numbers, [getattr(epoch, quantity) for epoch in epochs], mark, label="training items")
    validated = [epoch.validation for epoch in epochs if epoch.validation]
    if validated:
        ax.plot(numbers, [getattr(v, quantity) for v in validated], mark, label="validation items")
    ax.set(title=quantity, xlabel="epoch")
    ax.legend(fontsize="small")
