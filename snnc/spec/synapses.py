"""Synapses: filters on spikes and on recorded outputs."""

from typing import Annotated, Literal

from pydantic import Field

from snnc.operators.call import Call
from snnc.spec.base import Bare, Model
from snnc.spec.kinds import ByKind

#: Time constant of a layer, in seconds, unless it is written: short beside an item, long beside a step.
USUAL_TAU = 0.002

_TimeConstant = Annotated[float, Field(gt=0, le=1000)]


class NoSynapse(Model):
    """No filter: a spike counts in the step in which it arrives."""

    kind: Literal["none"]

    @property
    def taus(self) -> tuple[float, ...]:
        """The time constants of the first-order filters in series, in seconds."""
        return ()

    def nengo(self) -> Call | None:
        return None


class Lowpass(Model):
    """A first-order lowpass filter, nengo.Lowpass."""

    kind: Literal["lowpass"]
    tau: _TimeConstant = Field(USUAL_TAU, description="Time constant, in seconds.")

    @property
    def taus(self) -> tuple[float, ...]:
        return (self.tau,)

    def nengo(self) -> Call | None:
        return Call("nengo.Lowpass", (self.tau,))


class Alpha(Model):
    """A second-order lowpass filter, nengo.Alpha. Not on the chip."""

    kind: Literal["alpha"]
    tau: _TimeConstant = Field(0.01, description="Time constant, in seconds.")

    @property
    def taus(self) -> tuple[float, ...]:
        return (self.tau, self.tau)

    def nengo(self) -> Call | None:
        return Call("nengo.Alpha", (self.tau,))


Synapse = Annotated[NoSynapse | Lowpass | Alpha, ByKind(), Bare]
