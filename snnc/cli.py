"""Arguments in, exit code out: 0 done, 1 the spec, the data or the scripts are wrong, 2 the call is."""

from __future__ import annotations

import argparse
import importlib
import io
import keyword
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from snnc import __version__
from snnc.arguments import COMMANDS
from snnc.commands.exit_codes import attempt


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
    parser = reader(written[0] if written and written[0] in COMMANDS else None)
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
        command = importlib.import_module(f"snnc.commands.{_module(arguments.command)}")
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


def _module(command: str) -> str:
    """Return the name of a command's module: no module is called as a word of Python's."""
    return f"{command}_" if keyword.iskeyword(command) else command


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
    for name, (help_, add) in COMMANDS.items():
        if command in (None, name):
            command_parser = commands.add_parser(name, help=help_, description=help_)
            add(command_parser)
            command_parser.set_defaults(whole=reader)  # for completion
    return parser
