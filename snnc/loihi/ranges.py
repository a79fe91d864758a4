"""Ranges of numbers, which stand for many numbers each."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise
from typing import NamedTuple


def overlap(first: range, second: range) -> range:
    """Return the part that two ranges have in common."""
    return range(max(first.start, second.start), min(first.stop, second.stop))


def shifted(numbers: range, by: int) -> range:
    """Return numbers, each larger by some amount."""
    return range(numbers.start + by, numbers.stop + by, numbers.step)


def joined(ranges: Iterable[range]) -> list[range]:
    """Return the same numbers in as few ranges as there can be, in order."""
    whole: list[range] = []
    for part in sorted(ranges, key=lambda each: each.start):
        if whole and part.start <= whole[-1].stop:
            whole[-1] = range(whole[-1].start, max(part.stop, whole[-1].stop))
        elif part:
            whole.append(part)
    return whole


def neighbours(ranges: Sequence[range]) -> list[range]:
    """Return the same numbers in as few ranges of neighbours as there can be; no number is in two of those given."""
    first, last = min(each[0] for each in ranges), max(each[-1] for each in ranges)
    if sum(map(len, ranges)) == last - first + 1:
        return [range(first, last + 1)]
    parts = (part for each in ranges for part in _single(each))
    return joined(parts)


def _single(numbers: range) -> Iterable[range]:
    return [numbers] if numbers.step == 1 else (range(x, x + 1) for x in numbers)


class Tally(NamedTuple):
    """How many of some ranges each number is in. It takes the memory of the ranges, not of the numbers."""

    #: Where the number of ranges changes, how many there are from there on, and the sum before.
    starts: Sequence[int]
    heights: Sequence[int]
    sums: Sequence[int]

    def below(self, number: int) -> int:
        """Return the sum over all numbers below one."""
        at = bisect_right(self.starts, number) - 1
        return self.sums[at] + self.heights[at] * (number - self.starts[at]) if at >= 0 else 0

    def over(self, numbers: range) -> int:
        """Return the sum over a range of numbers."""
        return self.below(numbers.stop) - self.below(numbers.start)


def tally(ranges: Iterable[range]) -> Tally:
    """Count the ranges that each number is in."""
    changes: Counter[int] = Counter()
    for each in ranges:
        changes[each.start] += 1
        changes[each.stop] -= 1
    starts = tuple(sorted(changes))
    heights = tuple(accumulate(changes[start] for start in starts))
    widths = (end - start for start, end in pairwise(starts))
    rises = (height * width for height, width in zip(heights, widths, strict=False))
    return Tally(starts, heights, (0, *accumulate(rises)))
