"""The arguments of commands that show items to a trained network: run and predict."""

from __future__ import annotations

import argparse
from pathlib import Path

from snnc.arguments.shared import (
    add_cluster,
    add_data,
    add_folder,
    add_seeds,
    add_spec,
    add_telling,
    add_track,
)
from snnc.arguments.types import one_of, positive

#: Where a trained network runs.
PLACES = ("nengo_fresh", "nengo_dl", "nengo", "emulator", "nengo_loihi")


def add_run(parser: argparse.ArgumentParser) -> None:
    add_spec(parser)
    add_folder(parser)
    add_data(parser)
    parser.add_argument(
        "--on",
        action="append",
        type=one_of("place", PLACES),
        choices=PLACES,
        help="nengo_fresh and nengo_dl show items fresh, nengo, the chip's emulator and nengo_loihi as a stream; may be repeated (default: "
        "nengo_fresh, and the emulator if the spec is for the chip)",
    )
    parser.add_argument("--items", type=positive, help="how many test items (default: all)")
    parser.add_argument(
        "--verify",
        type=positive,
        metavar="N",
        help="also run the first N items on nengo_loihi, and compare what the emulator computed, bit for bit",
    )
    parser.add_argument("--json", action="store_true", help="print the results as JSON")
    parser.add_argument(
        "--plot", action="store_true", help="also draw a figure of each run, NAME.PLACE.png"
    )
    add_seeds(parser, "run", "that was trained")
    add_cluster(parser, "show parts of the items, or the seeds,")
    add_track(parser)
    add_telling(parser)


def add_predict(parser: argparse.ArgumentParser) -> None:
    add_spec(parser)
    add_folder(parser)
    parser.add_argument(
        "--data",
        type=Path,
        metavar="FILE",
        required=True,
        help="items, with labels or without: a .npz file with an array x, or x and y, a .npy file, or a .csv file where the spec has one",
    )
    parser.add_argument(
        "--on",
        type=one_of("place", PLACES),
        choices=PLACES,
        help="where to run (default: on the chip's emulator, or on nengo_fresh if the spec isn't for the chip)",
    )
    parser.add_argument("--logits", action="store_true", help="also give the logit of each class")
    form = parser.add_mutually_exclusive_group()
    form.add_argument(
        "-w", "--write", type=Path, metavar="CSV", help="write the answers to a file instead"
    )
    form.add_argument("--json", action="store_true", help="print answers and table as JSON")
    parser.add_argument("--force", action="store_true", help="overwrite that file")
    add_telling(parser)
