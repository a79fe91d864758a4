"""Say which versions are installed, whether they fit each other and can be imported, and what repairs that."""

from __future__ import annotations

import argparse
import json
import platform
import sys
from dataclasses import asdict, dataclass
from time import monotonic
from typing import Any

from snnc import __version__
from snnc.commands.waiting import meanwhile
from snnc.diagnostics.screen import BOLD, GREEN, RED, Screen, screen
from snnc.environment import libraries, versions
from snnc.environment.trying import failures
from snnc.environment.versions import Package, Stack


@dataclass(frozen=True)
class Findings:
    """What is installed. `broken` says of packages that fit why they can't be imported."""

    stack: Stack | None
    packages: tuple[Package, ...]
    broken: dict[str, str]

    @property
    def wants(self) -> str:
        """Return what is wrong, in a word."""
        if self.stack is None:
            return "python"
        if any(package.wanted for package in self.packages):
            return "versions"
        return "import" if self.broken else ""

    @property
    def repair(self) -> str | None:
        """Return the shell command that installs what is wanted, or anew what is broken."""
        if self.stack is None or not self.wants:
            return None
        return versions.repair(self.stack, again=tuple(self.broken))

    def to_dict(self) -> dict[str, Any]:
        """Return the same as plain data, ready for JSON."""
        return {
            "snnc": __version__,
            "python": platform.python_version(),
            "machine": _machine(),
            "tested_machine": versions.elsewhere() is None,
            "stack": self.stack.name if self.stack else None,
            "packages": [
                {**asdict(package), "broken": self.broken.get(package.name)}
                for package in self.packages
            ],
            "fits": not self.wants,
            "repair": self.repair,
        }


def run(arguments: argparse.Namespace) -> int:
    found = _findings()
    if arguments.json:
        print(json.dumps(found.to_dict()))
    else:
        _show(found, screen(sys.stdout))
    if arguments.compile and not found.wants:
        _compile(arguments.json)
    return 1 if found.wants else 0


def _compile(is_quiet: bool) -> None:
    """Compile the emulator's code, so that the first run needn't."""
    began = monotonic()
    with libraries.loaded(libraries.WITHOUT_TENSORFLOW):
        from snnc.emulator.ahead import compile_ahead

        with meanwhile("compiling the emulator's code"):
            compile_ahead()
    if not is_quiet:
        print(f"The emulator's code is compiled: {monotonic() - began:.0f} s.")


def _findings() -> Findings:
    stack = versions.here()
    packages = versions.packages([*versions.LIGHT, *(stack.requirements if stack else ())])
    fitting = stack is not None and not any(package.wanted for package in packages)
    broken: dict[str, str] = {}
    if fitting:
        with meanwhile("importing what fits, which takes about five seconds"):
            broken = failures([package.name for package in packages])
    return Findings(stack, tuple(packages), broken)


def _show(found: Findings, shown: Screen) -> None:
    print(f"snnc {__version__}, Python {platform.python_version()}, {_machine()}")
    width = max(len(package.name) for package in found.packages)
    for package in found.packages:
        wanted = f"wanted: {package.wanted}" if package.wanted else ""
        if package.name in found.broken:
            wanted = f"can't be imported: {found.broken[package.name]}"
        line = f"  {package.name:{width}}  {package.version or '-':8}  "
        print(f"{line}{shown.styled(wanted, RED)}".rstrip())
    if sentence := versions.elsewhere():
        print(f"{sentence}.")
    if found.stack is None:
        print(f"{versions.no_stack()}.")
    elif found.repair:
        what = "broken can be installed anew" if found.broken else "wanted can be installed"
        print(f"What is {what} by\n  {found.repair}")
    else:
        print(shown.styled("All fit each other and this Python, and can be imported.", BOLD, GREEN))


def _machine() -> str:
    return f"{platform.system()} {platform.machine()}"
