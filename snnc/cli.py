"""Arguments in, exit code out: 0 done, 1 the spec, the data or the scripts are wrong, 2 the call is."""

from __future__ import annotations

import argparse
import importlib
import io
import keyword
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from snnc import __version__
from snnc.arguments import COMMANDS
from snnc.arguments.examples import shown
from snnc.arguments.parser import Parser, there_is_no
from snnc.arguments.shared import add_color
from snnc.commands.exit_codes import attempt, say


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command that the arguments name, and return the exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    # Pydantic would look for its plugins in every installed package; a spec means the same wherever it is read.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    return _run(sys.argv[1:] if argv is None else argv)


def _arguments(written: Sequence[str]) -> argparse.Namespace:
    first = written[0] if written else ""
    as_json = "--json" in written
    # Anything but a command is for the parser of all of them.
    parser = reader(first if first in COMMANDS else None, as_json)
    if first not in COMMANDS and first[:1] not in ("", "-"):
        meant = f"there is no command {first!r}; write snnc check {first}"
        is_spec = first.endswith(".toml")
        parser.error(meant if is_spec else there_is_no("command", first, list(COMMANDS)))
    option, command = first.partition("=")[0], next((w for w in written if w in COMMANDS), None)
    if option.startswith("-") and command and option not in parser.options:
        parser.error(f"{option} stands behind the command: write snnc {command} {option} ...")
    try:
        arguments, unknown = parser.parse_known_args(written)
    finally:  # --help and --version end here
        sys.stdout.flush()
    if unknown:
        arguments.parser.refuse(unknown)
    if arguments.command == "check" and getattr(arguments.data, "suffix", "") == ".toml":
        # `check --data SPEC` gives no file with data.
        arguments.specs, arguments.data = [arguments.data, *arguments.specs], True
    return arguments


def _run(written: Sequence[str]) -> int:
    try:
        arguments = _arguments(written)
        if isinstance(sys.stdout, io.TextIOWrapper):
            # Whoever reads along, through a pipe or in a log, sees a line when it is there.
            sys.stdout.reconfigure(line_buffering=True)
        # Each command is a module, so that none pays for what another one imports.
        command = importlib.import_module(f"snnc.commands.{_module(arguments.command)}")
        with _colored(arguments.color):
            code = attempt(lambda: command.run(arguments), getattr(arguments, "json", False))
        sys.stdout.flush()
        return code
    except ImportError as error:
        if (error.name or "snnc").partition(".")[0] == "snnc":
            raise
        say(f"can't import {error.name}: {error}; snnc doctor says what repairs it")
        return 2
    except BrokenPipeError:
        _forget_output()
        return 1
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        say(f"can't write what there is to say: {reason}")
        _forget_output()
        return 2
    except KeyboardInterrupt as interrupt:
        say(str(interrupt) or "interrupted")
        return 130


@contextmanager
def _colored(choice: str) -> Iterator[None]:
    """Decide on colour for all that prints, libraries too: by the variables that they look at."""
    if choice == "auto":
        yield
        return
    names = ("NO_COLOR", "FORCE_COLOR")
    before = {name: os.environ.pop(name) for name in names if name in os.environ}
    os.environ["FORCE_COLOR" if choice == "always" else "NO_COLOR"] = "1"
    try:
        yield
    finally:
        for name in names:
            os.environ.pop(name, None)
        os.environ.update(before)


def _module(command: str) -> str:
    """Return the name of a command's module: no module is called as a word of Python's."""
    return f"{command}_" if keyword.iskeyword(command) else command


def _forget_output() -> None:
    """Leave nothing for Python to write at exit, where it can't be written."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())


def reader(command: str | None = None, as_json: bool = False) -> Parser:
    """Return the parser of all commands, or of just one, which is faster; with `as_json` it says what is wrong to programs too."""
    parser = Parser(
        prog="snnc",
        description="Compile the TOML spec of a spiking network to Nengo, NengoDL and NengoLoihi.",
        as_json=as_json,
    )
    parser.add_argument("--version", action="version", version=f"snnc {__version__}")
    add_color(parser, default="auto")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (help_, add) in COMMANDS.items():
        if command in (None, name):
            command_parser = commands.add_parser(
                name, help=help_, description=help_, epilog=shown(name), as_json=as_json
            )
            add(command_parser)
            # What stands in front of the command holds unless it is said again.
            add_color(command_parser, default=argparse.SUPPRESS)
            # For completion, and for what is wrong with the call.
            command_parser.set_defaults(whole=reader, parser=command_parser)
    return parser
