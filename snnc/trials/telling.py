"""The items that variants are compared on: hard enough to lose something."""

from __future__ import annotations

import numpy as np

from snnc.data.prepare import Data
from snnc.program.program import Program
from snnc.running.rates import rate_answers
from snnc.trials.items import TrialItems, trial_items

#: A network that answers more than this share of its training items right has learned them by heart.
BY_HEART = 0.97
#: How much of a mixed item is another one. With digits, 0.2 brings rates and spikes to what they reach on test items.
SHARE = 0.2


def telling_items(deployed: Program, data: Data, most: int | None = None) -> TrialItems:
    """Return trial items on which a deployed program can lose accuracy as it does on new ones.

    What it has learned by heart it answers right from a poor copy of its rates, too: then each item is mixed with another.
    """
    items = trial_items(deployed, data, most)
    if items.which == "validation":
        return items
    right = float(np.mean(rate_answers(deployed, items.x).classes == items.y))
    return mixed(items, deployed.network.seed) if right > BY_HEART else items


def mixed(items: TrialItems, seed: int) -> TrialItems:
    """Return each item with a share of another one in it, drawn by a seed; its label stays."""
    others = np.random.RandomState(seed + 1).permutation(len(items))
    return TrialItems((1 - SHARE) * items.x + SHARE * items.x[others], items.y, "mixed training")
