"""Arguments in, exit code out: 0 done, 1 the spec, the data or the scripts are wrong, 2 the call is."""

from __future__ import annotations

import argparse
import importlib
import io
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from snnc import __version__
from snnc.commands.exit_codes import attempt
from snnc.diagnostics import pages
from snnc.diagnostics.wording import near

#: Where a trained network runs.
PLACES = ("nengo_dl", "nengo", "emulator", "nengo_loihi")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command that the arguments name, and return the exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    # Pydantic would look for its plugins in every installed package; a spec means the same wherever it is read.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    return _run(argv)


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    written = sys.argv[1:] if argv is None else argv
    # Anything but a command is for the parser of all of them.
    parser = reader(written[0] if written and written[0] in _COMMANDS else None)
    try:
        arguments = parser.parse_args(written)
    finally:  # --help and --version end here
        sys.stdout.flush()
    if arguments.command == "check":
        if isinstance(arguments.data, Path) and arguments.data.suffix == ".toml":
            # `check --data SPEC` gives no file with data.
            arguments.specs, arguments.data = [arguments.data, *arguments.specs], True
        if not arguments.specs:
            parser.error("the following arguments are required: spec")
    return arguments


def _run(argv: Sequence[str] | None) -> int:
    try:
        arguments = _arguments(argv)
        # Each command is a module, so that none pays for what another one imports.
        command = importlib.import_module(f"snnc.commands.{arguments.command}")
        code = attempt(lambda: command.run(arguments))
        sys.stdout.flush()
        return code
    except ImportError as error:
        if (error.name or "snnc").partition(".")[0] == "snnc":
            raise
        print(
            f"snnc: can't import {error.name}: {error}; snnc doctor says what repairs it",
            file=sys.stderr,
        )
        return 2
    except BrokenPipeError:
        _forget_output()
        return 1
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        print(f"snnc: can't write what there is to say: {reason}", file=sys.stderr)
        _forget_output()
        return 2
    except KeyboardInterrupt as interrupt:
        print(f"snnc: {str(interrupt) or 'interrupted'}", file=sys.stderr)
        return 130


def _forget_output() -> None:
    """Leave nothing for Python to write at exit, where it can't be written."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())


def reader(command: str | None = None) -> argparse.ArgumentParser:
    """Return the parser of all commands, or of just one, which is faster."""
    parser = argparse.ArgumentParser(
        prog="snnc",
        description="Compile the TOML spec of a spiking network to Nengo, NengoDL and NengoLoihi.",
    )
    parser.add_argument("--version", action="version", version=f"snnc {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (help_, add) in _COMMANDS.items():
        if command in (None, name):
            add(commands.add_parser(name, help=help_, description=help_))
    return parser


def _new(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", help="the network's name; the spec becomes NAME.toml")


def _check(parser: argparse.ArgumentParser) -> None:
    _add_specs(parser, nargs="*")
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
    _add_folder(parser)
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print one JSON object a spec and line")
    form.add_argument(
        "--sarif",
        action="store_true",
        help="print a SARIF log, which code hosts show beside the code",
    )


def _explain(parser: argparse.ArgumentParser) -> None:
    codes = pages.codes()
    parser.add_argument(
        "code",
        nargs="?",
        type=_one_of("code", codes),
        choices=codes,
        metavar="CODE",
        help="as reports have it in brackets (default: list all)",
    )


def _compile(parser: argparse.ArgumentParser) -> None:
    _add_specs(parser, nargs="+")
    _add_folder(parser)
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


def _show(parser: argparse.ArgumentParser) -> None:
    _add_spec(parser)
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
    _add_spec(parser)
    _add_folder(parser)
    _add_data(parser)
    parser.add_argument(
        "--baseline", action="store_true", help="also train the float twin in plain Keras"
    )
    parser.add_argument(
        "--epochs", type=_positive, help="train this often instead of as the spec says"
    )
    parser.add_argument(
        "--resume",
        action="store_true",
        help="go on where a training was killed; start where there is none",
    )


def _run_spec(parser: argparse.ArgumentParser) -> None:
    _add_spec(parser)
    _add_folder(parser)
    _add_data(parser)
    parser.add_argument(
        "--on",
        action="append",
        type=_one_of("place", PLACES),
        choices=PLACES,
        help="nengo_dl shows items fresh, nengo, the chip's emulator and nengo_loihi as a stream; may be repeated (default: as targets say)",
    )
    parser.add_argument("--items", type=_positive, help="how many test items (default: all)")
    parser.add_argument(
        "--verify",
        type=_positive,
        metavar="N",
        help="also run the first N items on nengo_loihi, and compare what the emulator computed, bit for bit",
    )
    parser.add_argument("--json", action="store_true", help="print the results as JSON")
    parser.add_argument(
        "--plot", action="store_true", help="also draw a figure of each run, NAME.PLACE.png"
    )


def _predict(parser: argparse.ArgumentParser) -> None:
    _add_spec(parser)
    _add_folder(parser)
    parser.add_argument(
        "--data",
        type=Path,
        metavar="FILE",
        required=True,
        help="items, with labels or without: a .npz file with an array x, or x and y, a .npy file, or a .csv file where the spec has one",
    )
    parser.add_argument(
        "--on",
        type=_one_of("place", PLACES),
        choices=PLACES,
        help="where to run (default: on the chip's emulator, or on nengo_dl if the spec isn't for the chip)",
    )
    parser.add_argument("--logits", action="store_true", help="also give the logit of each class")
    parser.add_argument(
        "-w", "--write", type=Path, metavar="CSV", help="write the answers to a file instead"
    )
    parser.add_argument("--force", action="store_true", help="overwrite that file")


def _tune(parser: argparse.ArgumentParser) -> None:
    _add_spec(parser)
    _add_folder(parser)
    _add_data(parser)
    parser.add_argument(
        "--items",
        type=_positive,
        default=2000,
        help="on how many items, at most: those that validated the training, else of those trained on (default: 2000)",
    )
    parser.add_argument(
        "--time",
        type=_amount,
        metavar="SECONDS",
        help="show items this long (default: whatever is best)",
    )
    parser.add_argument(
        "--tolerance",
        type=_amount,
        default=0.3,
        metavar="POINTS",
        help="how much less accurate than the best the choice may be, in percentage points (default: 0.3)",
    )
    parser.add_argument("--apply", action="store_true", help="write the choice to the spec")
    parser.add_argument("--json", action="store_true", help="print the results as JSON")


def _report(parser: argparse.ArgumentParser) -> None:
    _add_spec(parser)
    _add_folder(parser)
    _add_data(parser)
    parser.add_argument("--items", type=_positive, help="how many test items (default: all)")
    parser.add_argument("--json", action="store_true", help="also print the page's numbers as JSON")


def _ladder(parser: argparse.ArgumentParser) -> None:
    _add_spec(parser)
    _add_folder(parser)
    _add_data(parser)
    parser.add_argument(
        "--items",
        type=_positive,
        default=1000,
        help="try changes on how many items, at most, none of them test items (default: 1000)",
    )
    parser.add_argument(
        "--seconds",
        type=_amount,
        default=120.0,
        help="how long changes of the training may be tried; 0 trains nothing (default: 120)",
    )
    parser.add_argument("--apply", action="store_true", help="write the change to the spec")
    parser.add_argument("--json", action="store_true", help="print the results as JSON")


def _schema(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="write it to a file")


def _completion(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("shell", choices=["bash", "zsh", "fish"])
    parser.set_defaults(whole=reader)


#: The help of each command, and the function that adds its arguments.
_COMMANDS: dict[str, tuple[str, Callable[[argparse.ArgumentParser], None]]] = {
    "new": ("write a commented spec to start from", _new),
    "check": ("say what is wrong with specs, and what to write instead", _check),
    "explain": ("say why a code is raised, with an example and its repair", _explain),
    "compile": ("write the scripts that train and run the network", _compile),
    "show": ("list the layers: shapes, neurons, parameters, rates, and where each runs", _show),
    "train": ("train the network in NengoDL", _train),
    "run": ("run the trained network as spikes, and print one table", _run_spec),
    "predict": ("say what the trained network answers to the items of a file", _predict),
    "tune": ("search how the trained network runs best on the chip, without training it", _tune),
    "report": (
        "run the trained network, and write what there is to know of it into one HTML file, NAME.report.html",
        _report,
    ),
    "ladder": ("show where accuracy goes on the way to the chip, and what brings it back", _ladder),
    "schema": ("print a JSON schema of specs, by which editors complete them", _schema),
    "completion": ("print what makes a shell complete snnc's commands", _completion),
    "doctor": (
        "say which versions are installed, whether they fit each other, and what repairs them",
        lambda parser: None,
    ),
}


def _add_spec(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("spec", type=Path, help="the spec, a TOML file")


def _add_specs(parser: argparse.ArgumentParser, nargs: str) -> None:
    parser.add_argument("specs", type=Path, nargs=nargs, metavar="spec", help="TOML files")


def _add_folder(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="DIR",
        help="folder of what is written and read again (default: beside the spec)",
    )


def _add_data(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data",
        type=Path,
        metavar="FILE",
        help="take items and labels from this file instead of from what the spec names: a .npz file whose arrays are called "
        "as in the spec, and where it doesn't say x and y, or x_train, y_train, x_test and y_test if they come split; "
        "a .csv file where the spec has one",
    )


def _one_of(noun: str, words: Sequence[str]) -> Callable[[str], str]:
    """Return a type of arguments that refuses all but some words, and suggests the nearest."""

    def word(text: str) -> str:
        if text not in words:
            hint = near(text, words)
            raise argparse.ArgumentTypeError(f"there is no {noun} {text!r}{hint and f'; {hint}'}")
        return text

    return word


def _amount(text: str) -> float:
    try:
        amount = float(text)
    except ValueError:
        amount = -1.0
    if not 0 <= amount < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 0")
    return amount


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1")
    return int(text)
