"""How time and memory grow with layers, neurons and items.

    python benchmarks/scale.py [--plot FILE] [--keep FILE]

Each point is a process of its own: its seconds, the start of Python among them, and the most memory it had, by getrusage. Networks aren't
trained, since none of it depends on what weights are.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np

#: What grows, and how far.
LAYERS = (10, 30, 100, 300)
NEURONS = (1_000, 10_000, 100_000, 1_000_000)
ITEMS = (1_000, 10_000, 100_000, 1_000_000)
#: Neurons that run: NengoLoihi builds some thousands in a minute.
RUN = (100, 1_000, 4_000)


class Point(NamedTuple):
    """What one process took."""

    what: str
    grows: str
    n: int
    seconds: float
    megabytes: float


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw the points")
    parser.add_argument(
        "--keep", type=Path, metavar="FILE", help="points in it aren't measured again"
    )
    parser.add_argument("--point", nargs=3, help=argparse.SUPPRESS)
    parser.add_argument("--smallest", action="store_true", help="the first point of each series")
    arguments = parser.parse_args()
    if arguments.point:
        what, folder, n = arguments.point
        POINTS[what](Path(folder), int(n))
        return
    kept = (
        arguments.keep.read_text().splitlines()
        if arguments.keep and arguments.keep.exists()
        else ()
    )
    known = {point[:3]: point for point in (Point(*json.loads(line)) for line in kept)}
    points = []
    print("| what | grows | n | seconds | MB |", "|---|---|---|---|---|", sep="\n")
    for what, grows, sizes in SERIES:
        for n in sizes[:1] if arguments.smallest else sizes:
            points.append(known.get((what, grows, n)) or measured(what, grows, n))
            print(row(points[-1]), flush=True)
            if arguments.keep:
                there = {**known, **{p[:3]: p for p in points}}.values()
                arguments.keep.write_text("".join(f"{json.dumps(p)}\n" for p in there))
    if arguments.plot:
        draw(points, arguments.plot)


def row(point: Point) -> str:
    return f"| {point.what} | {point.grows} | {point.n:,} | {point.seconds:.1f} | {point.megabytes:.0f} |"


def measured(what: str, grows: str, n: int) -> Point:
    """Run one point in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        PREPARED.get(what, lambda path, n: None)(Path(folder), n)
        own = [sys.executable, __file__, "--point", what, folder, str(n)]
        wrapper = (
            "import json, resource, subprocess, sys; "
            "subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL); "
            "print(json.dumps(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))"
        )
        began = perf_counter()
        done = subprocess.run(
            [sys.executable, "-c", wrapper, *own], check=True, capture_output=True, text=True
        )
        seconds = perf_counter() - began
    return Point(what, grows, n, seconds, json.loads(done.stdout) / 1000)


def spec(folder: Path, layers: int, units: int, data: str = "", shape: int = 64) -> Path:
    """Write a spec of dense layers."""
    path = folder / "scale.toml"
    source = data or 'kind = "sklearn"\nname = "digits"\n'
    path.write_text(
        f'targets = ["nengo_dl", "loihi"]\n[network]\nname = "scale"\n[data]\n{source}'
        f"[input]\nshape = [{shape}]\n[presentation]\ntime = {max(0.1, 0.01 * layers):g}\n"
        + f'[[layers]]\nkind = "dense"\nunits = {units}\n' * layers
        + "[output]\nclasses = 10\n[train]\nbatch_size = 10\n"
    )
    return path


def wide(folder: Path, neurons: int) -> Path:
    """Write a spec of three convolutions with so many neurons in all, for NengoDL alone."""
    side = max(round((neurons / 12) ** 0.5), 8)
    path = folder / "scale.toml"
    layer = '[[layers]]\nkind = "conv2d"\nfilters = 4\nkernel_size = 3\npadding = "same"\n'
    path.write_text(
        'targets = ["nengo_dl"]\n[network]\nname = "scale"\n[data]\nkind = "npz"\npath = "data.npz"\n'
        f"[input]\nshape = [{side}, {side}, 1]\n" + layer * 3 + "[output]\nclasses = 10\n"
    )
    return path


def command(*words: str) -> None:
    from snnc.cli import main as snnc

    sys.exit(snnc(list(words)))


def fit(folder: Path, path: Path) -> None:
    """Write parameters beside a spec: random layers, and a readout by least squares."""
    from snnc.data.prepare import load
    from snnc.pipeline import checked
    from tests.fitted import fitted, save

    program = checked(path).program
    data = load(program)
    save(fitted(program, data), data, folder)


def of_items(folder: Path, n: int) -> None:
    """Write a network for items of 16 values, as the jets have, and a file of n such items."""
    chance = np.random.RandomState(0)
    np.savez(folder / "data.npz", x=chance.randn(500, 16), y=chance.randint(0, 10, 500))
    fit(folder, spec(folder, 3, 32, 'kind = "npz"\npath = "data.npz"\n', 16))
    np.savez(folder / "new.npz", x=chance.randn(n, 16).astype(np.float32))


def of_rows(folder: Path, n: int) -> None:
    of_items(folder, 1)
    x = np.random.RandomState(0).randn(n, 16)
    (folder / "scale.toml").write_text((folder / "scale.toml").read_text().replace("npz", "csv"))
    np.savetxt(folder / "new.csv", x, "%.6g", ",", header=",".join("abcdefghijklmnop"), comments="")


def read_all(folder: Path, name: str) -> None:
    """Look at all items of a file, and at what the network gets of them."""
    from snnc.data.rows import blocks
    from snnc.data.unseen import unseen
    from snnc.pipeline import checked

    for _ in blocks(unseen(checked(folder / "scale.toml").program, folder / name).x):
        pass


def predict(folder: Path) -> None:
    of = ["predict", str(folder / "scale.toml"), "--data", str(folder / "new.npz")]
    command(*of, "-w", str(folder / "answers.csv"))


def build(folder: Path) -> None:
    """Build a deployed network on the emulator."""
    from snnc.environment import libraries

    with libraries.loaded(libraries.WITHOUT_TENSORFLOW):
        from snnc.emulator import Emulator
        from snnc.networks.build import deployed_network
        from snnc.pipeline import checked
        from snnc.training import params_file

        program = checked(folder / "scale.toml").program
        network = params_file.load_alone(program, folder).program.network
        Emulator(deployed_network(network, np.zeros(64), loihi=True), network.dt)


POINTS: dict[str, Callable[[Path, int], Any]] = {
    "check, deep": lambda folder, n: command("check", str(spec(folder, n, 32))),
    "compile, deep": lambda folder, n: command("compile", str(spec(folder, n, 32))),
    "check, wide": lambda folder, n: command("check", str(wide(folder, n))),
    "compile, wide": lambda folder, n: command("compile", str(wide(folder, n))),
    "building on the chip": lambda folder, n: build(folder),
    "reading npz": lambda folder, n: read_all(folder, "new.npz"),
    "reading csv": lambda folder, n: read_all(folder, "new.csv"),
    "predict": lambda folder, n: predict(folder),
}
#: What is there before a point begins.
PREPARED: dict[str, Callable[[Path, int], None]] = {
    "building on the chip": lambda folder, n: fit(folder, spec(folder, 4, n // 4)),
    "reading npz": of_items,
    "reading csv": of_rows,
    "predict": of_items,
}
SERIES = [
    ("check, deep", "layers", LAYERS),
    ("compile, deep", "layers", LAYERS),
    ("check, wide", "neurons", NEURONS),
    ("compile, wide", "neurons", NEURONS),
    ("building on the chip", "neurons", RUN),
    ("reading npz", "items", ITEMS),
    ("reading csv", "items", ITEMS),
    ("predict", "items", ITEMS),
]


def draw(points: list[Point], path: Path) -> None:
    """Draw seconds and memory over what grows, both in logarithms."""
    from matplotlib.figure import Figure

    figure = Figure((10, 6), layout="constrained")
    axes = figure.subplots(2, 3, sharey="row")
    for column, grows in enumerate(("layers", "neurons", "items")):
        for what, of, _ in SERIES:
            some = [p for p in points if p.what == what] if of == grows else []
            for line, values in enumerate(([p.seconds for p in some], [p.megabytes for p in some])):
                if some:
                    axes[line][column].loglog([p.n for p in some], values, "o-", label=what)
        axes[1][column].set_xlabel(grows)
        axes[0][column].legend()
    axes[0][0].set_ylabel("seconds")
    axes[1][0].set_ylabel("MB at most")
    figure.savefig(path, dpi=120)


if __name__ == "__main__":
    main()
