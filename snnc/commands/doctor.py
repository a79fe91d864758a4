"""Say which versions are installed, whether they fit each other, and what repairs that."""

from __future__ import annotations

import argparse
import platform

from snnc import __version__
from snnc.environment import versions


def run(_: argparse.Namespace) -> int:
    stack = versions.here()
    machine = f"{platform.system()} {platform.machine()}"
    print(f"snnc {__version__}, Python {platform.python_version()}, {machine}")
    packages = versions.packages([*versions.LIGHT, *(stack.requirements if stack else ())])
    width = max(len(package.name) for package in packages)
    for package in packages:
        wanted = f"  wanted: {package.wanted}" if package.wanted else ""
        print(f"  {package.name:{width}}  {package.version or '-':8}{wanted}".rstrip())
    if sentence := versions.elsewhere():
        print(f"{sentence}.")
    if stack is None:
        print(f"{versions.no_stack()}.")
        return 1
    if any(package.wanted for package in packages):
        print(f"What is wanted can be installed by\n  {versions.repair(stack)}")
        return 1
    print("All fit each other and this Python.")
    return 0
