"""How items are scaled: by a rule that is fitted on the training items, or by numbers from elsewhere."""

import hashlib
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Discriminator, Field, Tag
from pydantic_core import PydanticCustomError

from snnc.diagnostics.codes import OUT_OF_RANGE
from snnc.spec.base import Model


def _one_or_more(value: object) -> str:
    return "numbers" if isinstance(value, list | tuple) else "number"


def _not_zero(value: float | tuple[float, ...]) -> float | tuple[float, ...]:
    if 0 in (value if isinstance(value, tuple) else (value,)):
        raise PydanticCustomError(
            OUT_OF_RANGE, "nothing can be divided by 0: write 1 where a value never varies", {}
        )
    return value


Numbers = Annotated[
    Annotated[float, Tag("number")]
    | Annotated[tuple[float, ...], Field(min_length=1, strict=False), Tag("numbers")],
    Discriminator(_one_or_more),
]


class Given(Model):
    """Numbers from elsewhere: one for all values of an item, or one a column, a channel or a value."""

    subtract: Numbers = Field(0.0, description="What is subtracted first, as a mean.")
    divide: Annotated[Numbers, AfterValidator(_not_zero)] = Field(
        1.0, description="What the rest is divided by, as a deviation, or 255 for pixels."
    )

    @property
    def digest(self) -> str:
        """Eight hex digits that identify the numbers."""
        return hashlib.sha256(repr((self.subtract, self.divide)).encode()).hexdigest()[:8]


#: What is fitted on the training items.
Fitted = Literal["none", "unit", "signed", "standard"]


def _word_or_numbers(value: Any) -> str:
    return "given" if isinstance(value, dict | Given) else "fitted"


Scale = Annotated[
    Annotated[Fitted, Tag("fitted")] | Annotated[Given, Tag("given")],
    Discriminator(_word_or_numbers),
]
