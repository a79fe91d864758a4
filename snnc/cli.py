"""Arguments in, exit code out: 0 done, 1 the spec, the data or the scripts are wrong, 2 the call is."""

from __future__ import annotations

import argparse
import gc
import importlib
import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from snnc import __version__
from snnc.diagnostics import CompileError, Refusal, UsageError


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command that the arguments name, and return the exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    arguments = _parser().parse_args(argv)
    # Starting makes many objects that all stay: looking for garbage among them takes a tenth of the time.
    gc.disable()
    try:
        return _run(arguments)
    finally:
        gc.enable()


def _run(arguments: argparse.Namespace) -> int:
    try:
        # Each command is a module, so that none pays for what another one imports.
        command = importlib.import_module(f"snnc.commands.{arguments.command}")
        code: int = command.run(arguments)
        sys.stdout.flush()
        return code
    except CompileError as error:
        from snnc.render import report

        print(report(error.document, error.diagnostics), file=sys.stderr)
        return 1
    except Refusal as error:
        print(f"snnc: {error}", file=sys.stderr)
        return 1
    except UsageError as error:
        print(f"snnc: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        _forget_output()
        return 1
    except OSError as error:
        print(f"snnc: {(error.strerror or str(error)).lower()}", file=sys.stderr)
        _forget_output()
        return 2
    except KeyboardInterrupt as interrupt:
        print(f"snnc: {str(interrupt) or 'interrupted'}", file=sys.stderr)
        return 130


def _forget_output() -> None:
    """Leave nothing for Python to write at exit, where it can't be written."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="snnc",
        description="Compile the TOML spec of a spiking network to Nengo, NengoDL and NengoLoihi.",
    )
    parser.add_argument("--version", action="version", version=f"snnc {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    new = commands.add_parser("new", help="write a commented spec to start from")
    new.add_argument("name", help="the network's name; the spec becomes NAME.toml")

    _with_spec(commands, "check", "say what is wrong with a spec, and what to write instead")

    compile_ = _with_spec(commands, "compile", "write the scripts that train and run the network")
    _add_folder(compile_)
    compile_.add_argument(
        "--check",
        action="store_true",
        help="write nothing; fail with a diff if a script is out of date",
    )
    compile_.add_argument(
        "--force",
        action="store_true",
        help="overwrite scripts that were edited since snnc wrote them",
    )

    show = _with_spec(
        commands, "show", "list the layers: shapes, neurons, parameters, rates, and where each runs"
    )
    show.add_argument(
        "--full",
        action="store_true",
        help="print the spec with every value and where it comes from",
    )

    train = _with_spec(commands, "train", "train the network in NengoDL")
    _add_folder(train)
    train.add_argument(
        "--baseline", action="store_true", help="also train the float twin in plain Keras"
    )
    train.add_argument(
        "--epochs", type=_positive, help="train this often instead of as the spec says"
    )
    train.add_argument(
        "--resume",
        action="store_true",
        help="go on where a training was killed; start where there is none",
    )

    run = _with_spec(commands, "run", "run the trained network as spikes, and print one table")
    _add_folder(run)
    run.add_argument(
        "--on",
        action="append",
        choices=["nengo_dl", "nengo", "nengo_loihi"],
        help="nengo_dl shows items fresh, nengo and nengo_loihi as a stream; may be repeated (default: as targets say)",
    )
    run.add_argument("--items", type=_positive, help="how many test items (default: all)")
    return parser


def _with_spec(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], name: str, help_: str
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=help_, description=help_)
    parser.add_argument("spec", type=Path, help="the spec, a TOML file")
    return parser


def _add_folder(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="DIR",
        help="folder of what is written and read again (default: beside the spec)",
    )


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1")
    return int(text)
