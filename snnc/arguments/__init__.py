"""The arguments of each command, and its help."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from snnc.arguments.running import add_predict, add_run
from snnc.arguments.shared import (
    add_cluster,
    add_data,
    add_folder,
    add_quiet,
    add_seeds,
    add_spec,
    add_specs,
    add_telling,
    add_track,
    add_trials,
)
from snnc.arguments.study import add_study
from snnc.arguments.types import Suggested, amount, positive
from snnc.diagnostics import pages


def _new(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", help="the network's name; the spec becomes NAME.toml")
    parser.add_argument(
        "--data",
        type=Path,
        nargs="+",
        metavar="FILE",
        help="write the spec that fits a .csv or a .npz file, or two .npy files of items and of labels",
    )
    parser.add_argument(
        "--label", metavar="COLUMN", help="the column of labels, where a table doesn't tell"
    )
    parser.add_argument("--force", action="store_true", help="write over a spec that is there")


def _check(parser: argparse.ArgumentParser) -> None:
    add_specs(parser, nargs="*", help_="TOML files (default: every spec in this folder)")
    parser.add_argument(
        "--data",
        type=Path,
        nargs="?",
        const=True,
        metavar="FILE",
        help="also look at the values of the data, or of a file instead of them",
    )
    parser.add_argument(
        "--params",
        action="store_true",
        help="also look at the parameters that training has left: the firing rates of items that were trained on",
    )
    add_folder(parser)
    add_quiet(parser, "print nothing where nothing is wrong")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print one JSON object a spec and line")
    form.add_argument(
        "--sarif",
        action="store_true",
        help="print a SARIF log, which code hosts show beside the code",
    )


def _explain(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "code",
        nargs="?",
        choices=Suggested(pages.codes()),
        metavar="CODE",
        help="a code, as reports have it in brackets, or a key of specs, as neurons.max_rate (default: list all codes)",
    )


def _compile(parser: argparse.ArgumentParser) -> None:
    add_specs(parser, nargs="+")
    add_folder(parser)
    parser.add_argument(
        "--check",
        action="store_true",
        help="write nothing; fail with a diff if a script is out of date",
    )
    parser.add_argument(
        "--force",
        action="store_true",
        help="overwrite scripts that were edited since snnc wrote them",
    )
    add_quiet(parser, "say nothing of what is written")
    parser.add_argument("--json", action="store_true", help="print one JSON object a spec and line")


def _show(parser: argparse.ArgumentParser) -> None:
    add_spec(parser)
    form = parser.add_mutually_exclusive_group()
    form.add_argument(
        "--full",
        action="store_true",
        help="print the spec with every value and where it comes from",
    )
    form.add_argument("--json", action="store_true", help="print it as JSON")
    parser.add_argument(
        "--cores",
        action="store_true",
        help="list the chip's cores instead: neurons, axons and synapse bits, and their shares of the limits",
    )


def _train(parser: argparse.ArgumentParser) -> None:
    add_spec(parser)
    add_folder(parser)
    add_data(parser)
    parser.add_argument(
        "--baseline", action="store_true", help="also train the float twin in plain Keras"
    )
    parser.add_argument(
        "--epochs", type=positive, help="train this often instead of as the spec says"
    )
    parser.add_argument(
        "--resume",
        action="store_true",
        help="go on where a training was killed; start where there is none",
    )
    parser.add_argument(
        "--plot", action="store_true", help="also draw how training went, NAME.history.png"
    )
    tested = parser.add_mutually_exclusive_group()
    tested.add_argument("--items", type=positive, help="test on so many test items (default: all)")
    tested.add_argument(
        "--no-test", dest="items", action="store_const", const=0, help="test on no item"
    )
    parser.add_argument("--json", action="store_true", help="print the results as JSON")
    add_seeds(parser, "train", "that isn't trained yet")
    add_cluster(parser, "train the seeds")
    add_track(parser)
    add_telling(parser)


def _calibrate(parser: argparse.ArgumentParser) -> None:
    _add_search(
        parser,
        items=2000,
        time="as the spec says, else as short as loses no more than the tolerance",
        tolerance="may be lost against rates where a time is looked for",
    )
    parser.add_argument("--dry-run", action="store_true", help="only print what would be written")


def _tune(parser: argparse.ArgumentParser) -> None:
    _add_search(
        parser,
        items=2000,
        time="whatever is best",
        tolerance="less accurate than the best the choice may be",
    )
    parser.add_argument("--apply", action="store_true", help="write the choice to the spec")


def _add_search(parser: argparse.ArgumentParser, items: int, time: str, tolerance: str) -> None:
    """Add the arguments of a search for settings: the defaults in words, and what the tolerance is of."""
    add_trials(parser, items)
    parser.add_argument(
        "--time",
        type=amount,
        metavar="SECONDS",
        help=f"show items this long (default: {time})",
    )
    parser.add_argument(
        "--tolerance",
        type=amount,
        default=0.3,
        metavar="POINTS",
        help=f"how much {tolerance}, in percentage points (default: 0.3)",
    )


def _export(parser: argparse.ArgumentParser) -> None:
    add_spec(parser)
    add_folder(parser)
    parser.add_argument(
        "--nir",
        type=Path,
        required=True,
        metavar="FILE",
        help="write the rate network as a NIR graph, read it back and compare it",
    )
    parser.add_argument(
        "--dt",
        type=amount,
        metavar="SECONDS",
        help="the time step that its readers are given (default: that of the spec)",
    )
    add_telling(parser)


def _report(parser: argparse.ArgumentParser) -> None:
    add_spec(parser)
    add_folder(parser)
    add_data(parser)
    parser.add_argument("--items", type=positive, help="how many test items (default: all)")
    parser.add_argument("--json", action="store_true", help="also print the page's numbers as JSON")
    add_telling(parser)


def _ladder(parser: argparse.ArgumentParser) -> None:
    add_trials(parser, items=1000)
    parser.add_argument("--apply", action="store_true", help="write the change to the spec")
    parser.add_argument(
        "--seconds",
        type=amount,
        default=120.0,
        help="how long changes of the training may be tried; 0 trains nothing (default: 120)",
    )


def _import(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "model", type=Path, help="the file: .h5, .keras, a .json of the architecture, .onnx or .nir"
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="NAME",
        help="the network's name; the spec becomes NAME.toml, and its parameters NAME.params.npz (default: like the file)",
    )
    parser.add_argument(
        "--weights",
        type=Path,
        metavar="FILE",
        help="the weights, if the model has them in a file of its own",
    )
    parser.add_argument(
        "--data",
        type=Path,
        metavar="FILE",
        help="items and labels, a .npz or a .csv file: the spec names it, and the accuracy on what it holds out is said",
    )
    parser.add_argument(
        "--max-pool",
        choices=["refuse", "average"],
        default="refuse",
        help="average: take means where the model takes the largest value, and say what that loses (default: refuse)",
    )
    parser.add_argument(
        "--calibrate",
        action="store_true",
        help="also do what snnc calibrate does: scale layers, and search how they run best on the chip; needs --data",
    )
    parser.add_argument(
        "--check-only", action="store_true", help="say what would become of it, and write nothing"
    )
    parser.add_argument("--force", action="store_true", help="write over files that are there")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    add_telling(parser)


def _schema(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="write it to a file")


def _completion(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("shell", choices=["bash", "zsh", "fish"])


def _doctor(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--compile",
        action="store_true",
        help="compile the emulator's code too, so that the first run on this machine needn't",
    )
    parser.add_argument("--json", action="store_true", help="print it as JSON")


#: The help of each command, and the function that adds its arguments.
COMMANDS: dict[str, tuple[str, Callable[[argparse.ArgumentParser], None]]] = {
    "new": ("write a commented spec to start from", _new),
    "import": (
        "turn a trained network of Keras, PyTorch or NIR into a spec with its parameters",
        _import,
    ),
    "check": ("say what is wrong with specs, and what to write instead", _check),
    "explain": ("say why a code is raised, with an example and its repair", _explain),
    "compile": ("write the scripts that train and run the network", _compile),
    "show": ("list the layers: shapes, neurons, parameters, rates, and where each runs", _show),
    "train": ("train the network in NengoDL", _train),
    "run": ("run the trained network as spikes, and print one table", add_run),
    "calibrate": ("bring a trained network to the chip, without training it again", _calibrate),
    "predict": ("say what the trained network answers to the items of a file", add_predict),
    "tune": ("search how the trained network runs best on the chip, without training it", _tune),
    "study": ("search what the spec says varies, by trials on items set aside", add_study),
    "export": ("write the trained network as a graph that other frameworks read", _export),
    "report": (
        "run the trained network, and write what there is to know of it into one HTML file, NAME.report.html",
        _report,
    ),
    "ladder": ("show where accuracy goes on the way to the chip, and what brings it back", _ladder),
    "schema": ("print a JSON schema of specs, by which editors complete them", _schema),
    "completion": ("print what makes a shell complete snnc's commands", _completion),
    "doctor": (
        "say which versions are installed, whether they fit each other, and what repairs them",
        _doctor,
    ),
}
