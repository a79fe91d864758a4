"""Lanes: which Pythons and packages are tested together, what of that is installed, and what repairs the rest.

Read from what pip leaves behind: nothing that is asked about is imported.
"""

from __future__ import annotations

import platform
import shlex
import sys
from collections.abc import Sequence
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
class Lane:
    """Versions that are tested together. `requirements` are what trains and runs."""

    name: str
    first_python: tuple[int, int]
    last_python: tuple[int, int]
    requirements: tuple[str, ...]
    #: NengoDL asks to be built by a setuptools that Python 3.12 can't run; a later one builds it as well.
    setuptools_first: bool


_ALWAYS = (
    "nengo-dl>=3.6",
    "nengo-loihi>=1.1",
    "nengo-extras>=0.5",
    "numba>=0.60",
    "scikit-learn>=1.3",
    "scipy>=1.9",
    "rich>=13",
)

#: The constraints of a lane, constraints/NAME.txt, name one version of every package.
LANES = (
    Lane(
        "frozen",
        first_python=(3, 10),
        last_python=(3, 11),
        requirements=("numpy<2", "tensorflow==2.12.0", "nengo>=3.2,<4", *_ALWAYS),
        setuptools_first=False,
    ),
    Lane(
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

#: The same package without its part for GPUs.
_ALSO = {"tensorflow": ("tensorflow-cpu",)}


@dataclass(frozen=True)
class Package:
    """A package and the version that is installed. `wanted` is what it should be instead, or empty."""

    name: str
    version: str | None
    wanted: str


def lane_of(python: tuple[int, int]) -> Lane | None:
    return next((lane for lane in LANES if lane.first_python <= python <= lane.last_python), None)


def here() -> Lane | None:
    """Return the lane of the Python that runs this."""
    return lane_of(sys.version_info[:2])


def installed(name: str) -> str | None:
    """Return the version of a package that is installed, or None."""
    distribution = _distribution(name)
    return distribution.version if distribution else None


def packages(requirements: Sequence[str]) -> list[Package]:
    """Return the packages that are required, and whether they fit the requirements and each other."""
    wishes = {text: Requirement(text) for text in requirements}
    names = [requirement.name for requirement in wishes.values()]
    for name in names:
        for requirement in _required_by(name, names):
            wishes[f"{requirement.name}{requirement.specifier} for {name}"] = requirement
    found = []
    for name in names:
        version = installed(name)
        unmet = [
            text
            for text, requirement in wishes.items()
            if requirement.name == name
            and not (version and requirement.specifier.contains(version, prereleases=True))
        ]
        found.append(Package(name, version, unmet[0] if unmet else ""))
    return found


def _required_by(name: str, others: Sequence[str]) -> list[Requirement]:
    """Return what an installed package itself says of some others."""
    distribution = _distribution(name)
    texts = distribution.requires if distribution else None
    found = []
    for requirement in map(Requirement, texts or ()):
        applies = requirement.marker is None or requirement.marker.evaluate({"extra": ""})
        requirement.name = canonicalize_name(requirement.name)
        if applies and requirement.name in others:
            found.append(requirement)
    return found


def _distribution(name: str) -> metadata.Distribution | None:
    for candidate in (name, *_ALSO.get(name, ())):
        try:
            return metadata.distribution(candidate)
        except metadata.PackageNotFoundError:
            continue
    return None


def refusal() -> str | None:
    """Return the sentence that says why training and running can't work here, or None if they can."""
    lane = here()
    if lane is None:
        return no_lane()
    unfit = [package for package in packages(lane.requirements) if package.wanted]
    if not unfit:
        return None
    missing = ", ".join(package.name for package in unfit if package.version is None)
    wishes = [f"{missing} (not installed)"] if missing else []
    wishes += [f"{p.wanted} (there is {p.version})" for p in unfit if p.version is not None]
    return f"training and running need {', '.join(wishes)}; this installs it:\n  {repair(lane)}"


def no_lane() -> str:
    """Return the sentence for a Python that has no lane."""
    first, last, this = LANES[0].first_python, LANES[-1].last_python, sys.version_info[:2]
    return f"training and running need Python {_dotted(first)} to {_dotted(last)}; this is {_dotted(this)}"


def _dotted(python: tuple[int, int]) -> str:
    return "{}.{}".format(*python)


def repair(lane: Lane) -> str:
    """Return the command that installs the versions of a lane, to be pasted into a shell."""
    constraints = resources.folder("constraints") / f"{lane.name}.txt"
    install = [sys.executable, "-m", "pip", "install", "-c", str(constraints)]
    commands = [
        [*install, "snnc[run]" if installed("snnc") else f"{resources.PACKAGE.parent}[run]"]
    ]
    if lane.setuptools_first and installed("nengo-dl") is None:
        commands = [
            [*install, "setuptools"],
            [*install, "--no-build-isolation", "--no-deps", "nengo-dl"],
            *commands,
        ]
    return " && ".join(map(shlex.join, commands))


def elsewhere() -> str | None:
    """Return a sentence where the machine is of another kind than those that numbers were measured on."""
    machine = f"{platform.system()} {platform.machine()}"
    if machine == "Linux x86_64":
        return None
    return (
        f"snnc was tested and measured on Linux x86-64; this is {machine}, where results may differ"
    )
