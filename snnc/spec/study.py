"""The table of a study: what of a spec varies, and what the best of it is judged by."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag
from pydantic_core import PydanticCustomError

from snnc.diagnostics.codes import STUDY_ADDRESS, STUDY_TEST_ITEMS
from snnc.spec.base import Count, Fraction, Model, once

Objective = Literal["accuracy", "spikes", "time", "cores", "energy"]
#: Where a trial may run. All of these show items as a stream.
Place = Literal["emulator", "nengo", "nengo_loihi"]


class Range(Model):
    """All values between two."""

    low: float = Field(description="The least value.")
    high: float = Field(description="The largest value.")
    step: Annotated[float, Field(gt=0)] | None = Field(
        None, description="How far values are apart, from low on. Default: 1 for a whole number."
    )
    log: bool = Field(
        False, description="Whether equal ratios are as likely, and not equal differences."
    )


def _variation(value: object) -> str:
    return "choices" if isinstance(value, list | tuple) else "range"


Variation = Annotated[
    Annotated[Range, Tag("range")]
    | Annotated[
        tuple[Any, ...], Field(strict=False, json_schema_extra={"minItems": 2}), Tag("choices")
    ],
    Discriminator(_variation),
]


def _in_quotes(value: Any) -> Any:
    """Return what varies, unless an address was written without quotes: then TOML has tables in each other."""
    for key, written in value.items() if isinstance(value, dict) else ():
        if isinstance(written, dict) and any(isinstance(v, dict | list) for v in written.values()):
            message = "the address of a key that varies stands in quotes"
            raise PydanticCustomError(STUDY_ADDRESS, message, {"key": key})
    return value


def _no_test_items(value: Any) -> Any:
    if isinstance(value, str):
        raise PydanticCustomError(
            STUDY_TEST_ITEMS,
            "'items' is how many items trials are measured on, of those that aren't trained on; test items are never among them",
        )
    return value


class Study(Model):
    """What varies from trial to trial, and what trials are compared by."""

    vary: Annotated[dict[str, Variation], Field(min_length=1), BeforeValidator(_in_quotes)] = Field(
        description="What varies: the address of a key in quotes, as neurons.max_rate or layers.hidden1.units, and its choices in "
        "an array, or { low, high } with log or step.",
    )
    objectives: Annotated[
        tuple[Objective, ...], Field(min_length=1, strict=False), AfterValidator(once)
    ] = Field(
        ("accuracy",),
        description="What trials are compared by: accuracy, and what is to be small of spikes an item, seconds an item (time), "
        "cores, and energy, the most joules an item that published constants give. With several, a front is looked for.",
    )
    trials: Count = Field(50, description="How many trials the study has in all.")
    items: Annotated[Count, BeforeValidator(_no_test_items)] = Field(
        2000,
        description="How many items a trial is measured on, at most: training items that it isn't trained on, the same for all "
        "trials. Never test items.",
    )
    set_aside: Fraction = Field(
        0.2,
        description="Which share of the training items is set aside for that, where [train] has no validation_fraction.",
    )
    on: Place | None = Field(
        None,
        description="Where trials run, as a stream. Default: emulator, or nengo if the spec isn't for the chip.",
    )
    sampler: Literal["tpe", "nsga2", "random", "grid"] = Field(
        "tpe",
        description="Optuna's sampler: tpe, which learns from trials before; nsga2, which crosses the best of them; random; or grid, "
        "each combination once.",
    )
    pruner: Literal["none", "median", "successive_halving"] = Field(
        "none",
        description="Optuna's pruner, which ends trainings that are behind others, by what each epoch gets right of the items set "
        "aside. For accuracy alone.",
    )
