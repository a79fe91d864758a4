"""How long an epoch of training takes in NengoDL, against its float twin in plain tf.keras.

    python benchmarks/training.py [specs/jets.toml]

Both call `fit` once an epoch. They train in turn, several rounds; the first epoch of a round, which builds the graph, is left out.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from statistics import median

from snnc.engine import libraries
from snnc.pipeline import checked

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("spec", nargs="?", type=Path, default=ROOT / "specs/jets.toml")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=6)
    arguments = parser.parse_args()

    program = checked(arguments.spec).program
    settings = program.train.model_copy(update={"epochs": arguments.epochs})
    program = replace(program, train=settings)
    libraries.load()
    from snnc.backends.network import training_network
    from snnc.engine import baseline, data
    from snnc.engine.train import Epoch, train

    items = data.load(program)
    ratios = []
    for _ in range(arguments.rounds):
        ours: list[Epoch] = []
        theirs: list[Epoch] = []
        train(training_network(program), program, items.x_train, items.y_train, ours.append)
        baseline.train_twin(program, items.x_train, items.y_train, theirs.append)
        medians = [median(e.seconds for e in epochs[1:]) for epochs in (ours, theirs)]
        ratios.append(medians[0] / medians[1])
        print(
            f"nengo_dl {medians[0]:.3f} s an epoch, tf.keras {medians[1]:.3f} s: {ratios[-1]:.2f}"
        )
    print(f"{program.name}: {median(ratios):.2f} times its float twin ({len(ratios)} rounds)")


if __name__ == "__main__":
    main()
