"""Probes that see a value now and then, as nengo.Simulator's do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from snnc.emulator.errors import NotEmulatedError

Kept = NDArray[np.bool_]


def kept_steps(
    probes: Iterable[Any], dt: float, steps: int, n_following: int, latency: int
) -> dict[Any, Kept]:
    """Return which of an item's steps each probe with a sample_every sees; up to `n_following` items follow each other.

    The steps of the first one begin after `latency` others.
    """
    return {
        probe: _kept(probe, probe.sample_every / dt, steps, n_following, latency)
        for probe in probes
        if probe.sample_every is not None
    }


def sampled(
    seen: Mapping[Any, NDArray[Any]], n_items: int, kept: Mapping[Any, Kept]
) -> dict[Any, NDArray[Any]]:
    """Return the values, (items, steps, size), of the first items, without steps that a probe doesn't see."""
    data = {probe: values[:n_items] for probe, values in seen.items()}
    return data | {probe: data[probe][:, its] for probe, its in kept.items()}


def _kept(probe: Any, period: float, steps: int, n_following: int, latency: int) -> Kept:
    kept: Kept = np.arange(latency + 1, latency + n_following * steps + 1) % period < 1
    by_item = kept.reshape(n_following, steps)
    if np.any(by_item != by_item[0]):
        raise NotEmulatedError(
            f"{probe} with a sample_every of {probe.sample_every} s in a stream of items of {steps} steps, each of which would have "
            "other samples",
            "show each item for a multiple of sample_every, or fresh",
        )
    first: Kept = by_item[0]
    return first
