"""The first items spike by spike, with the outputs above them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from snnc.program.program import Program
from snnc.report.figure import ACCENT, GRID, INK, SECOND, svg
from snnc.report.text import class_names
from snnc.running.recording import Recording
from snnc.scripts.figures import Figures

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Rows of a raster. More have no room.
NEURONS = 60


@dataclass(frozen=True, eq=False)
class Raster:
    """Items that follow one another: outputs, (items, steps, classes), and for each layer whether neurons fired, (steps, neurons).

    `shown` steps of each item are the item, the others a gap.
    """

    dt: float
    shown: int
    names: Sequence[str]
    labels: Sequence[int]
    answers: Sequence[int]
    outputs: NDArray[np.float64]
    fired: dict[str, NDArray[np.bool_]]
    neurons: dict[str, int]

    def to_dict(self) -> dict[str, Any]:
        """Return what the items are, and how many spikes of each layer are drawn."""
        items = [
            {"item": item, "class": self.names[label], "answer": self.names[answer]}
            for item, (label, answer) in enumerate(zip(self.labels, self.answers, strict=True))
        ]
        drawn = {
            name: {"neurons": f.shape[1], "spikes": int(f.sum())} for name, f in self.fired.items()
        }
        return {"items": items, "drawn": drawn}

    @property
    def cells(self) -> list[list[str]]:
        rows = [
            [str(item + 1), self.names[label], self.names[answer]]
            for item, (label, answer) in enumerate(zip(self.labels, self.answers, strict=True))
        ]
        return [["item", "class", "answer"], *rows]

    @property
    def figure(self) -> Markup:
        spikes = ", ".join(
            f"{int(fired.sum())} of {fired.shape[1]} neurons of {name}"
            for name, fired in self.fired.items()
        )
        says = (
            f"Outputs over time of the first {len(self.labels)} items, and spikes below: {spikes}."
        )
        heights = [1.6, *(1.0 for _ in self.fired)]
        return svg("raster", says, self._draw, height=0.6 + 1.25 * sum(heights))

    def _draw(self, figure: Figure) -> None:
        ratios = [1.6, *(1.0 for _ in self.fired)]
        rows = figure.subplots(len(ratios), 1, sharex=True, squeeze=False, height_ratios=ratios)[
            :, 0
        ]
        self._draw_outputs(rows[0])
        for ax, (name, fired) in zip(rows[1:], self.fired.items(), strict=True):
            _draw_spikes(ax, fired, self.dt)
            ax.set_title(f"{name}: {fired.shape[1]} of {self.neurons[name]:,} neurons")
        steps = self.outputs.shape[1]
        for ax in rows:
            ax.grid(visible=False)
            for item in range(1, len(self.labels)):
                ax.axvline(1000 * self.dt * item * steps, color=GRID, linewidth=1)
        rows[-1].set_xlabel("ms")
        rows[-1].set_xlim(0, 1000 * self.dt * len(self.labels) * steps)

    def _draw_outputs(self, ax: Axes) -> None:
        """Draw the item's class in one colour, a wrong answer in the other, and the rest between them."""
        steps = self.outputs.shape[1]
        smooth = np.ones(_SMOOTHED) / _SMOOTHED
        for item, output in enumerate(self.outputs):
            time = 1000 * self.dt * (item * steps + np.arange(1, steps + 1))
            for k, values in enumerate(output.T):
                means = np.convolve(values, smooth)[:steps]
                colour, width = GRID, 0.8
                if k == self.answers[item]:
                    colour, width = SECOND, 1.6
                if k == self.labels[item]:
                    colour, width = ACCENT, 1.6
                above = k in (self.answers[item], self.labels[item])
                ax.plot(time, means, color=colour, linewidth=width, zorder=3 if above else 2)
        ax.set_title(f"outputs, means of {_SMOOTHED} steps")


#: Single steps of an output that isn't filtered jump with every spike.
_SMOOTHED = 10


def _draw_spikes(ax: Axes, fired: NDArray[np.bool_], dt: float) -> None:
    """Draw a stroke for each spike, all as one path: a dot each would take ten times the room."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    step, neuron = np.nonzero(fired)
    x = np.repeat(1000 * dt * (step + 0.5), 2)
    y = np.repeat(neuron.astype(float), 2)
    y[1::2] += 0.9
    codes = np.tile([Path.MOVETO, Path.LINETO], len(step))
    if len(step):
        path = Path(np.stack([x, y], axis=1), codes)
        ax.add_patch(PathPatch(path, fill=False, edgecolor=INK, linewidth=0.9))
    ax.set_ylim(fired.shape[1], 0)
    ax.set_yticks([])


def raster(
    program: Program,
    labels: NDArray[np.int64],
    answers: NDArray[np.int64],
    recording: Recording,
) -> Raster:
    """Return a recording of the first items, which have labels, (items,), and answers, (items,)."""
    fired = {name: recording.spikes[name][..., :NEURONS] for name in Figures(program).spiking}
    return Raster(
        dt=program.network.dt,
        shown=program.stream_steps,
        names=class_names(program.network.output),
        labels=labels.tolist(),
        answers=answers.tolist(),
        outputs=recording.unfiltered,
        fired={name: np.concatenate(list(spikes)) > 0 for name, spikes in fired.items()},
        neurons={p.name: p.size for p in program.network.populations},
    )
