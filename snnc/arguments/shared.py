"""Arguments that several commands have."""

from __future__ import annotations

import argparse
from pathlib import Path

from snnc.arguments.types import positive


def add_color(parser: argparse.ArgumentParser, default: str) -> None:
    parser.add_argument(
        "--color",
        choices=["auto", "always", "never"],
        metavar="WHEN",
        default=default,
        help="auto, always or never: auto is where a terminal takes colour, and NO_COLOR isn't set (default: auto)",
    )


def add_spec(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("spec", type=Path, help="the spec, a TOML file")


def add_specs(parser: argparse.ArgumentParser, nargs: str, help_: str = "TOML files") -> None:
    parser.add_argument("specs", type=Path, nargs=nargs, metavar="spec", help=help_)


def add_quiet(parser: argparse._ActionsContainer, help_: str) -> None:
    parser.add_argument("-q", "--quiet", action="store_true", help=help_)


def add_telling(parser: argparse.ArgumentParser) -> None:
    """Add how much is told beside results, warnings and errors."""
    telling = parser.add_mutually_exclusive_group()
    add_quiet(telling, "print results, warnings and errors alone")
    telling.add_argument(
        "-v",
        "--verbose",
        action="store_true",
        help="say more: versions, and progress as lines",
    )


def add_folder(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="DIR",
        help="folder of what is written and read again (default: beside the spec)",
    )


def add_data(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data",
        type=Path,
        metavar="FILE",
        help="take items and labels from this file instead of from what the spec names: a .npz file whose arrays are called "
        "as in the spec, and where it doesn't say x and y, or x_train, y_train, x_test and y_test if they come split; "
        "a .csv file where the spec has one",
    )


def add_seeds(parser: argparse.ArgumentParser, verb: str, which: str) -> None:
    parser.add_argument(
        "--seeds",
        type=positive,
        metavar="N",
        help=f"{verb} N seeds, from the spec's own on, each {which}, and sum them up: parameters are NAME.seed3.params.npz",
    )
    add_jobs(parser, "seeds")


def add_jobs(parser: argparse.ArgumentParser, what: str) -> None:
    parser.add_argument(
        "--jobs",
        type=positive,
        metavar="N",
        help=f"how many {what} go on at a time, each in a process (default: 1)",
    )


def add_cluster(parser: argparse.ArgumentParser, what: str) -> None:
    parser.add_argument(
        "--on-cluster",
        metavar="ADDRESS",
        help=f"{what} on a cluster of Dask, at the address that its scheduler prints",
    )


def add_track(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--track",
        metavar="URI",
        help="log parameters, results and files with MLflow: http://HOST:PORT, or file:FOLDER",
    )


def add_trials(parser: argparse.ArgumentParser, items: int) -> None:
    """Add what commands share that try a trained spec otherwise."""
    add_spec(parser)
    add_folder(parser)
    add_data(parser)
    parser.add_argument(
        "--items",
        type=positive,
        default=items,
        help="on how many items, at most: those that validated the training, else of those trained on "
        f"(default: {items}); never on test items",
    )
    parser.add_argument("--json", action="store_true", help="print the results as JSON")
    add_telling(parser)
