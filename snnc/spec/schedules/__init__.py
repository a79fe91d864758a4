"""Learning-rate schedules, by the names of `tf.keras.optimizers.schedules`, and Keras' ReduceLROnPlateau: one file a kind, named as in TOML."""

from typing import Annotated, Any

from pydantic import Discriminator, Tag

from snnc.spec.base import Positive
from snnc.spec.kinds import ByKind, Folder
from snnc.spec.schedules.base import ScheduleKind

KINDS = Folder(__name__, __path__, "Schedule")


def _number_or_schedule(value: object) -> str:
    return "schedule" if isinstance(value, dict | ScheduleKind) else "number"


LearningRate = Annotated[
    Annotated[Positive, Tag("number")] | Annotated[Any, ByKind(KINDS), Tag("schedule")],
    Discriminator(_number_or_schedule),
]
