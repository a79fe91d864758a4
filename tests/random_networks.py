"""Random networks of all that NengoLoihi takes, on its own emulator and on ours: equal to the last bit, or refused by name.

`python -m tests.random_networks --count 2000` compares many and counts the outcomes; `--first 17 --count 1` is a single one.
With `--on nengo` they are the same networks in floats, on nengo.Simulator, without the optimizer that merges by chance, and on ours.
"""

from __future__ import annotations

import argparse
import sys
import traceback
import warnings
from collections import Counter
from collections.abc import Callable
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from snnc.environment import libraries

Array = NDArray[Any]


Place = Literal["nengo_loihi", "nengo"]


def _simulator(net: Any, on: Place) -> Any:
    import nengo
    import nengo_loihi

    if on == "nengo":
        return nengo.Simulator(net, progress_bar=False, optimize=False)
    return nengo_loihi.Simulator(net, progress_bar=False, target="sim")


def _simulated(number: int, showing: list[list[int]], on: Place) -> list[list[Array]]:
    """Return the values of a library's probes, for chains of items, each in a network of its own."""

    from tests.mixed_networks import Draw

    chains = []
    for chain in showing:
        drawn = Draw(number).drawn()
        for node, values in drawn.items.items():
            node.output = _showing(values, chain, drawn.steps)
        with _simulator(drawn.net, on) as sim:
            for _ in chain:
                sim.run_steps(drawn.steps)
            chains.append([np.array(sim.data[probe]) for probe in drawn.net.all_probes])
    return chains


def _showing(values: Array, chain: list[int], steps: int) -> Callable[[float], Array]:
    def output(t: float) -> Array:
        place, step = divmod(round(t / 0.001) - 1, steps)
        item = values[chain[place]]
        return item if item.ndim == 1 else item[step]

    return output


def _differs(ours: Array, theirs: Array, chain: list[int]) -> bool:
    """Whether a probe saw something else of a chain of items: `ours` are of all items."""
    mine = np.concatenate([ours[item] for item in chain])
    if mine.size == theirs.size == 0:  # no sample yet: theirs has no shape
        return False
    return mine.shape != theirs.shape or not np.array_equal(mine, theirs, equal_nan=True)


#: How items are shown: a name, and what it takes in a run.
MODES: dict[str, dict[str, Any]] = {
    "fresh": {},
    "stream": {"present": "stream"},
    "chains": {"present": "stream", "chains": 2},
}


def outcome(number: int, mode: str, on: Place = "nengo_loihi") -> str:
    """Return what becomes of a network: "equal" or "refused"; anything else is wrong."""
    from snnc.emulator import Emulator, Floats, NotEmulatedError
    from tests.mixed_networks import N_ITEMS, Draw

    drawn = Draw(number).drawn()
    n_items = N_ITEMS if drawn.items else 1
    n_chains = {"fresh": n_items, "stream": 1, "chains": min(2, n_items)}[mode]
    chains = [part.tolist() for part in np.array_split(np.arange(n_items), n_chains)]
    theirs = ours = their_error = our_error = None
    try:
        theirs = _simulated(number, chains, on)
    except Exception as error:
        their_error = error
    try:
        computed: Any = Floats if on == "nengo" else Emulator
        result = computed(drawn.net).run(drawn.items, drawn.steps, **MODES[mode])
        ours = [result[probe] for probe in drawn.net.all_probes]
    except NotEmulatedError as error:
        named = "<" in error.what
        return "refused" if named else f"refused without a name: {error}"
    except Exception as error:
        our_error = error
    if our_error is not None or their_error is not None:
        return _outcome_of_errors(our_error, their_error)
    assert theirs is not None
    assert ours is not None
    for chain, seen in zip(chains, theirs, strict=True):
        for probe, mine, own in zip(drawn.net.all_probes, ours, seen, strict=True):
            if _differs(mine, own, chain):
                return f"DIFFERENT: {probe}"
    return "equal"


def _outcome_of_errors(ours: Exception | None, theirs: Exception | None) -> str:
    if ours is None:
        return f"only the library raises {type(theirs).__name__}: {theirs}"
    if type(ours) is type(theirs):
        return f"both raise {type(ours).__name__}"
    where = traceback.extract_tb(ours.__traceback__)[-1]
    return (
        f"OURS RAISES {type(ours).__name__}: {ours} ({where.filename}:{where.lineno}), "
        f"the library {type(theirs).__name__ if theirs else 'runs'}"
    )


def is_good(found: str) -> bool:
    return found in ("equal", "refused") or found.startswith(("both raise", "only the library"))


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--count", type=int, default=100)
    arguments.add_argument("--first", type=int, default=0)
    arguments.add_argument("--on", choices=get_args(Place), default="nengo_loihi")
    asked = arguments.parse_args()
    libraries.load(libraries.WITHOUT_TENSORFLOW)
    warnings.simplefilter("ignore")
    outcomes: Counter[str] = Counter()
    wrong = 0
    for number in range(asked.first, asked.first + asked.count):
        for mode in MODES:
            found = outcome(number, mode, asked.on)
            outcomes[found.partition(":")[0]] += 1
            if not is_good(found):
                wrong += 1
                print(f"{number} {mode}: {found}", flush=True)
    for found, times in outcomes.most_common():
        print(f"{times:6} {found}")
    return min(wrong, 1)


if __name__ == "__main__":
    sys.exit(main())
