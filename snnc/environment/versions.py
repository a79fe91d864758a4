"""Stacks: Pythons and packages that are tested together. Compare the installed packages with them, and give the command that repairs the rest.

Versions come from the packages' metadata: no package is imported.
"""

from __future__ import annotations

import platform
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from snnc import resources

#: Enough to check, compile and show, on every Python.
LIGHT = (
    "jinja2>=3.1",
    "packaging>=22",
    "pydantic>=2.10,<3",
    "shtab>=1.13",
    "tomli>=2.2",
    "tree-sitter>=0.23",
    "tree-sitter-toml>=0.7",
    "typing-extensions>=4.8",
)


@dataclass(frozen=True)
class Stack:
    """Versions that are tested together. `requirements` are the packages that training and running need."""

    name: str
    first_python: tuple[int, int]
    last_python: tuple[int, int]
    requirements: tuple[str, ...]
    #: NengoDL asks for a setuptools that Python 3.12 can't run, to be built with. A later setuptools builds it too.
    setuptools_first: bool


_ALWAYS = (
    "nengo-dl>=3.6",
    "nengo-loihi>=1.1",
    "nengo-extras>=0.5",
    "numba>=0.60",
    "scikit-learn>=1.3",
    "scipy>=1.9",
    "rich>=13",
    "tomlkit>=0.13",
)

#: constraints/NAME.txt pins one version of every package of a stack.
STACKS = (
    Stack(
        "frozen",
        first_python=(3, 10),
        last_python=(3, 11),
        requirements=("numpy<2", "tensorflow==2.12.0", "nengo>=3.2,<4", *_ALWAYS),
        setuptools_first=False,
    ),
    Stack(
        "today",
        first_python=(3, 12),
        last_python=(3, 13),
        requirements=(
            "numpy>=1.26,<2.4",
            "tensorflow>=2.16,<2.22",
            "tf-keras>=2.16,<2.22",
            "nengo>=4,<5",
            *_ALWAYS,
        ),
        setuptools_first=True,
    ),
)

#: Names under which the same package comes without GPU support.
_ALSO = {"tensorflow": ("tensorflow-cpu",)}


@dataclass(frozen=True)
class Package:
    """A package and its installed version. `wanted` is the requirement that it doesn't meet, or empty."""

    name: str
    version: str | None
    wanted: str


def stack_of(python: tuple[int, int]) -> Stack | None:
    """Return the stack that is tested on a Python version, or None."""
    return next((s for s in STACKS if s.first_python <= python <= s.last_python), None)


def here() -> Stack | None:
    """Return the stack of the running Python."""
    return stack_of(sys.version_info[:2])


def installed(name: str) -> str | None:
    """Return the installed version of a package, or None."""
    distribution = _distribution(name)
    return distribution.version if distribution else None


def packages(requirements: Sequence[str]) -> list[Package]:
    """Return the required packages, each with the first requirement that it doesn't meet, of these or of the other packages."""
    wishes = {text: Requirement(text) for text in requirements}
    names = [requirement.name for requirement in wishes.values()]
    for name in names:
        for requirement in _required_by(name, names):
            wishes[f"{requirement.name}{requirement.specifier} for {name}"] = requirement
    return [Package(name, installed(name), _unmet(name, wishes)) for name in names]


def _unmet(name: str, wishes: Mapping[str, Requirement]) -> str:
    """Return the first of the requirements, by their texts, that the installed version of a package doesn't meet, or ""."""
    version = installed(name)
    for text, requirement in wishes.items():
        if requirement.name == name and not (
            version and requirement.specifier.contains(version, prereleases=True)
        ):
            return text
    return ""


def _required_by(name: str, others: Sequence[str]) -> list[Requirement]:
    """Return the requirements that an installed package has on some others."""
    distribution = _distribution(name)
    texts = distribution.requires if distribution else None
    requirements = []
    for requirement in map(Requirement, texts or ()):
        applies = requirement.marker is None or requirement.marker.evaluate({"extra": ""})
        requirement.name = canonicalize_name(requirement.name)
        if applies and requirement.name in others:
            requirements.append(requirement)
    return requirements


def _distribution(name: str) -> metadata.Distribution | None:
    for candidate in (name, *_ALSO.get(name, ())):
        try:
            return metadata.distribution(candidate)
        except metadata.PackageNotFoundError:
            continue
    return None


def refusal() -> str | None:
    """Return a sentence that says why training and running can't work here, or None if they can."""
    stack = here()
    if stack is None:
        return no_stack()
    unfit = [package for package in packages(stack.requirements) if package.wanted]
    if not unfit:
        return None
    missing = ", ".join(package.name for package in unfit if package.version is None)
    wishes = [f"{missing} (not installed)"] if missing else []
    wishes += [f"{p.wanted} (there is {p.version})" for p in unfit if p.version is not None]
    return f"training and running need {', '.join(wishes)}; this installs it:\n  {repair(stack)}"


def no_stack() -> str:
    """Return the sentence for a Python that no stack is tested on."""
    first, last, this = STACKS[0].first_python, STACKS[-1].last_python, sys.version_info[:2]
    return f"training and running need Python {_dotted(first)} to {_dotted(last)}; this is {_dotted(this)}"


def _dotted(python: tuple[int, int]) -> str:
    return "{}.{}".format(*python)


def repair(stack: Stack, again: Sequence[str] = ()) -> str:
    """Return the shell command that installs a stack, and some of its packages anew."""
    constraints = resources.folder("constraints") / f"{stack.name}.txt"
    install = [sys.executable, "-m", "pip", "install", "-c", str(constraints)]
    commands = [
        [*install, "snnc[run]" if installed("snnc") else f"{resources.PACKAGE.parent}[run]"]
    ]
    if stack.setuptools_first and installed("nengo-dl") is None:
        commands = [
            [*install, "setuptools"],
            [*install, "--no-build-isolation", "--no-deps", "nengo-dl"],
            *commands,
        ]
    if again:
        built = ["--no-build-isolation"] if stack.setuptools_first else []
        commands = [[*install, "--force-reinstall", "--no-deps", *built, *again]]
    return " && ".join(map(shlex.join, commands))


def elsewhere() -> str | None:
    """Return a sentence if the machine isn't of the kind that snnc was tested on, else None."""
    machine = f"{platform.system()} {platform.machine()}"
    if machine == "Linux x86_64":
        return None
    return (
        f"snnc was tested and measured on Linux x86-64; this is {machine}, where results may differ"
    )
