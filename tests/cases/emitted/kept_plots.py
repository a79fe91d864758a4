"""Draw runs of the kept network; its scripts import this for --plot.

Written by snnc from kept.toml [0271c277].
"""

import os

import numpy as np

LABELS = ["setosa", "versicolor", "virginica"]
NAMES = [" ".join(label.split())[:12] for label in LABELS]


def plot_fresh(path, network, tunings, dt, labels, logits, rates):
    """Draw tuning curves, firing rates and answers of items that were shown fresh."""
    import matplotlib
    from matplotlib.figure import Figure

    matplotlib.rcParams["text.parse_math"] = False  # labels are no formulas
    fig = Figure((15, 5), layout="constrained")
    fig.suptitle(f"{network}, nengo_dl (fresh): {len(labels)} items")
    axes = fig.subplots(1, 3)
    for layers, colour, *neurons in tunings:
        plot_tuning(axes[0], layers, colour, dt, *neurons)
    plot_rates(axes[1], rates)
    plot_answers(axes[2], labels, logits.argmax(axis=1))
    save(fig, path)


def plot_tuning(ax, layers, colour, dt, tuning, trained, running):
    """Draw how fast neurons fire for an input: those trained, and those that run."""
    gain, bias = trained.gain_bias(
        tuning["max_rates"].options, tuning["intercepts"].options
    )
    x = np.linspace(-1, 1, 201)
    for neurons, use, line in ((trained, "trained", "-"), (running, "running", "--")):
        # SoftLIF's rates pass through infinity on the way.
        with np.errstate(over="ignore", divide="ignore"):
            hertz = neurons.rates(x, gain, bias) / neurons.amplitude
        label = f"{layers}: {type(neurons).__name__}, {use}"
        ax.plot(x, hertz.ravel(), line, color=colour, label=label)
    ax.set(title="tuning curves", xlabel="input of a neuron, without its bias")
    ax.set_ylabel("firing rate, Hz")
    ax.legend(fontsize="small")


def plot_stream(
    path, title, recorded, items, labels, logits, rates, *, dt, shown, gap, read
):
    """Draw the first items beside output and spikes over time, rates and answers."""
    import matplotlib
    from matplotlib.figure import Figure

    matplotlib.rcParams["text.parse_math"] = False  # labels are no formulas
    unfiltered, filtered, *layers = recorded
    first, answers = items[:5], logits.argmax(axis=1)
    fig = Figure((15, 6 + 1.2 * len(layers)), layout="constrained")
    fig.suptitle(f"{title}: the first {len(first)} of {len(items)} items")
    rows = [["items", "rates"], ["unfiltered", "rates"]]
    rows += [["filtered", "answers"], ["spikes", "answers"]]
    heights = (1, 1, 1, len(layers) / 2)
    axes = fig.subplot_mosaic(rows, width_ratios=(2, 1), height_ratios=heights)
    plot_items(axes["items"], first, labels, answers)
    plot_output(axes["unfiltered"], dt, recorded[unfiltered], labels, answers)
    plot_output(axes["filtered"], dt, recorded[filtered], labels, answers)
    axes["unfiltered"].set_title("without the probe's synapse", loc="left")
    axes["filtered"].set_title("with it, read where it is grey", loc="left")
    for item in range(len(first)):
        end = dt * (item * (shown + gap) + shown)
        axes["filtered"].axvspan(end - dt * read, end, color="0.9")
    plot_spikes(axes["spikes"], dt, {probe: recorded[probe] for probe in layers})
    for name in ("unfiltered", "filtered", "spikes"):
        for item in range(1, len(first)):
            border = dt * item * (shown + gap)
            axes[name].axvline(border, color="0.5", linewidth=0.8)
    plot_rates(axes["rates"], rates)
    plot_answers(axes["answers"], labels, answers)
    save(fig, path)


def plot_output(ax, dt, outputs, labels, answers):
    """Draw outputs, a colour a class: the right one is thick, a wrong answer dashed."""
    for item, output in enumerate(outputs):
        time = dt * (item * len(output) + np.arange(1, len(output) + 1))
        for number, values in enumerate(output.T):
            thick = number in (labels[item], answers[item])
            style = "--" if thick and number != labels[item] else "-"
            (line,) = ax.plot(time, values, style, color=f"C{number % 10}")
            line.set_linewidth(2 if thick else 0.7)
            if item == 0:
                line.set_label(NAMES[number])
    if output.shape[1] <= 10:
        place = {"loc": "lower right", "bbox_to_anchor": (1, 1), "frameon": False}
        columns = output.shape[1]
        ax.legend(ncols=columns, fontsize="small", handlelength=1, **place)
    ax.set_xlim(0, time[-1])
    ax.set_ylabel("output")


def plot_spikes(ax, dt, recorded):
    """Draw a dot for each spike of each layer, the first layer on top."""
    names = []
    for row, (probe, outputs) in enumerate(recorded.items()):
        fired = np.concatenate(outputs)
        step, neuron = np.nonzero(fired)
        heights = row - 0.45 + 0.9 * (neuron + 0.5) / fired.shape[1]
        ax.plot(dt * (step + 1), heights, ".", markersize=1.5, color="black")
        names.append(f"{probe.label}\n{fired.shape[1]} of {probe.size_in}")
    ax.set_title("spikes: a row a neuron, 100 of a large layer", loc="left")
    ax.set_xlim(0, dt * len(fired))
    ax.set_xlabel("time, s")
    ax.set_yticks(range(len(names)), names)
    ax.set_ylim(len(names) - 0.5, -0.5)


def plot_items(ax, items, labels, answers):
    """Draw items above the time when they are shown."""
    ax.set_axis_off()
    for item, values in enumerate(items):
        inset = ax.inset_axes(((item + 0.2) / len(items), 0, 0.7 / len(items), 1))
        label, answer = NAMES[labels[item]], NAMES[answers[item]]
        inset.set_title(f"class {label}\nanswer {answer}")
        inset.stairs(values, fill=True, color="#0072B2")
        inset.set_ylim(items.min(), items.max())


def plot_rates(ax, rates):
    """Draw a dot for each neuron and a bar for the mean of each layer."""
    for row, hertz in enumerate(rates.values()):
        heights = row + np.linspace(-0.3, 0.3, len(hertz))
        ax.plot(hertz, heights, ".", markersize=3, color="#0072B2")
        ax.plot([hertz.mean()] * 2, [row - 0.4, row + 0.4], color="black")
    names = [f"{name}\n{hertz.mean():.0f} Hz" for name, hertz in rates.items()]
    ax.set(title="firing rates of neurons, and their mean", xlabel="firing rate, Hz")
    ax.set_yticks(range(len(names)), names)
    ax.set_ylim(len(names) - 0.5, -0.5)


def plot_answers(ax, labels, answers):
    """Draw how many items of each class got which answer."""
    counts = np.zeros((3, 3), dtype=int)
    np.add.at(counts, (labels, answers), 1)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    ax.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    right = np.mean(labels == answers)
    ax.set_title(f"answers to {len(labels)} items, {right:.1%} right")
    ax.set(xlabel="answer", ylabel="class")
    ax.set_xticks(range(3), NAMES, rotation=90 if len("".join(NAMES)) > 40 else 0)
    ax.set_yticks(range(3), NAMES)
    for (row, column), count in np.ndenumerate(counts):
        colour = "white" if shares[row, column] > 0.5 else "black"
        ax.text(column, row, count or "", ha="center", va="center", color=colour)


def save(fig, path):
    """Write a figure; its name never holds half of it."""
    unfinished = path.with_name(f".{path.stem}.{os.getpid()}.part.png")
    fig.savefig(unfinished, dpi=100)
    unfinished.replace(path)
    print(f"wrote {path.name}")
