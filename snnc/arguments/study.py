"""The arguments of `snnc study`."""

from __future__ import annotations

import argparse

from snnc.arguments.shared import (
    add_cluster,
    add_data,
    add_folder,
    add_jobs,
    add_spec,
    add_telling,
)
from snnc.arguments.types import amount, whole


def add_study(parser: argparse.ArgumentParser) -> None:
    add_spec(parser)
    add_folder(parser)
    add_data(parser)
    parser.add_argument(
        "--trials",
        type=whole,
        metavar="N",
        help="go on until there are so many trials in all; 0 shows those that are there (default: as the spec says)",
    )
    parser.add_argument(
        "--timeout",
        type=amount,
        metavar="SECONDS",
        help="begin no trial after so long",
    )
    parser.add_argument(
        "--storage",
        metavar="URL",
        help="a database as Optuna names it, postgresql://user@host/database, which several machines may share (default: the file "
        "NAME.study.journal)",
    )
    add_jobs(parser, "trials")
    add_cluster(parser, "run trials, and train what they need,")
    parser.add_argument(
        "--tolerance",
        type=amount,
        default=0.3,
        metavar="POINTS",
        help="how much less accurate than the best the choice from a front may be, in percentage points (default: 0.3)",
    )
    parser.add_argument(
        "--apply",
        nargs="?",
        type=whole,
        const=True,
        metavar="TRIAL",
        help="write the choice, or a trial by its number, as a spec of its own, NAME_trialN.toml, with its parameters",
    )
    parser.add_argument("--force", action="store_true", help="overwrite that spec")
    parser.add_argument(
        "--plot",
        action="store_true",
        help="also draw Optuna's figures: how it went, what objectives depend on, and the front",
    )
    parser.add_argument("--json", action="store_true", help="print the results as JSON")
    add_telling(parser)
