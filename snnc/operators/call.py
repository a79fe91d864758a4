"""A constructor and its arguments, as a value: one backend calls it, the other writes it down."""

from collections.abc import Mapping
from typing import Any, NamedTuple


class Ratio(NamedTuple):
    """A number best written as a division: `1 / 200` says more than 0.005."""

    numerator: float
    denominator: float

    @property
    def value(self) -> float:
        return self.numerator / self.denominator


class Real(NamedTuple):
    """A number that is written with a point even if it is whole, for whoever tells 1.0 from 1."""

    value: float


class Call(NamedTuple):
    """`name` is dotted, as a script writes it after its imports: "nengo.LIF", "tf.optimizers.Adam".

    An argument is a plain value, a Ratio, a Real or another Call, or a dict or a tuple of those.
    """

    name: str
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = {}


def unlike_defaults(**settings: tuple[Any, Any]) -> dict[str, Any]:
    """Return the settings whose value isn't the default, given (value, default) of each: nobody writes down the others."""
    return {key: value for key, (value, default) in settings.items() if value != default}
