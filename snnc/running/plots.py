"""Figures of runs, for `run --plot`. Emitted scripts draw the same figures, to the pixel, but number the columns of a table that has a header."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from snnc.data.rows import Rows
from snnc.diagnostics.errors import UsageError
from snnc.environment.files import ensure_room, replacing
from snnc.program.program import Program
from snnc.running.answers import Answers
from snnc.running.axes import (
    plot_answers,
    plot_borders,
    plot_history,
    plot_items,
    plot_output,
    plot_rates,
    plot_spikes,
    plot_tuning,
)
from snnc.running.recording import Recording
from snnc.running.simulators import SimulatorName
from snnc.scripts.figures import Figures
from snnc.training.epochs import Epoch

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Array = NDArray[np.float64]
Labels = NDArray[np.int64]

#: Largest size of a figure's file.
MOST_BYTES = 2_000_000


def path_of(folder: Path, program: Program, simulator: SimulatorName) -> Path:
    return folder / f"{program.name}.{simulator}.png"


def ensure_writable(folder: Path, program: Program, simulators: Iterable[SimulatorName]) -> None:
    """Raise a UsageError before the runs if Matplotlib is missing or figures can't be written."""
    ensure_files(path_of(folder, program, simulator) for simulator in simulators)


def ensure_files(paths: Iterable[Path]) -> None:
    """Raise a UsageError if Matplotlib is missing or a figure can't be written."""
    try:
        import matplotlib.figure  # noqa: F401
    except ImportError as error:
        raise UsageError(
            f"--plot needs Matplotlib ({error}): pip install 'matplotlib>=3.8' installs it"
        ) from error
    ensure_room((path, MOST_BYTES) for path in paths)


def save(
    folder: Path,
    program: Program,
    simulator: SimulatorName,
    x: Array | Rows,
    labels: Labels,
    answers: Answers,
) -> None:
    """Write the figure of a run on items x, (n, size), with labels, (n,)."""
    import matplotlib

    # Labels may contain dollar signs.
    with matplotlib.rc_context({"text.parse_math": False}):
        if answers.recording is None:
            figure = fresh_figure(program, simulator, labels, answers)
        else:
            figure = stream_figure(program, simulator, x, labels, answers, answers.recording)
        with replacing(path_of(folder, program, simulator)) as unfinished:
            figure.savefig(unfinished, dpi=100)


def save_history(path: Path, name: str, epochs: Sequence[Epoch]) -> None:
    """Write the learning curves of a training."""
    from matplotlib.figure import Figure

    figure = Figure((10, 4), layout="constrained")
    figure.suptitle(name)
    loss, accuracy = figure.subplots(1, 2)
    plot_history(loss, epochs, "loss")
    plot_history(accuracy, epochs, "accuracy")
    with replacing(path) as unfinished:
        figure.savefig(unfinished, dpi=100)


def fresh_figure(
    program: Program, simulator: SimulatorName, labels: Labels, answers: Answers
) -> Figure:
    """Return tuning curves, firing rates and answers, for items shown fresh."""
    # A Figure by itself opens no window, and doesn't change pyplot's state.
    from matplotlib.figure import Figure

    figure = Figure((15, 5), layout="constrained")
    where = "nengo" if simulator == "nengo_fresh" else simulator
    figure.suptitle(f"{program.name}, {where} (fresh): {len(labels)} items")
    axes = figure.subplots(1, 3)
    plot_tuning(axes[0], program)
    plot_rates(axes[1], answers.rates)
    plot_answers(axes[2], program, labels, answers.classes)
    return figure


def stream_figure(
    program: Program,
    simulator: SimulatorName,
    x: Array | Rows,
    labels: Labels,
    answers: Answers,
    recording: Recording,
) -> Figure:
    """Return the first items beside output and spikes over time, firing rates and all answers, for a stream."""
    from matplotlib.figure import Figure

    spikes = {name: recording.spikes[name] for name in Figures(program).spiking}
    first, predicted = x[: len(recording.filtered)], answers.classes
    figure = Figure((15, 6 + 1.2 * len(spikes)), layout="constrained")
    shown = f"the first {len(first)} of {len(labels)} items"
    where = f"nengo_loihi {program.loihi.target}" if simulator == "nengo_loihi" else simulator
    figure.suptitle(f"{program.name}, {where} (stream): {shown}")
    rows: list[Any] = [["items", "rates"], ["unfiltered", "rates"], ["filtered", "answers"]]
    rows += [["spikes", "answers"]] if spikes else []
    heights = (1, 1, 1, len(spikes) / 2)[: len(rows)]
    axes: dict[str, Axes] = figure.subplot_mosaic(rows, width_ratios=(2, 1), height_ratios=heights)
    plot_items(axes["items"], program, first, labels, predicted)
    plot_output(axes["unfiltered"], program, recording.unfiltered, labels, predicted)
    plot_output(axes["filtered"], program, recording.filtered, labels, predicted)
    axes["unfiltered"].set_title("without the probe's synapse", loc="left")
    axes["filtered"].set_title("with it, read where it is grey", loc="left")
    item_time = program.network.dt * (program.stream_steps + program.gap_steps)
    for item in range(len(first)):
        end = item * item_time + program.network.dt * program.stream_steps
        start = end - program.network.dt * program.read_steps(program.stream_steps)
        axes["filtered"].axvspan(start, end, color="0.9")
    if spikes:
        plot_spikes(axes["spikes"], program.network, spikes)
    for name in rows[1:]:
        plot_borders(axes[name[0]], [item * item_time for item in range(1, len(first))])
    plot_rates(axes["rates"], answers.rates)
    plot_answers(axes["answers"], program, labels, predicted)
    return figure
