"""Filters on spikes, and on what is recorded."""

from typing import Annotated, Literal

from pydantic import Discriminator, Field

from snnc.call import Call
from snnc.model import Bare, Model, PositiveSeconds


class NoSynapse(Model):
    """No filter: a spike counts in the step in which it arrives."""

    kind: Literal["none"]

    def nengo(self) -> Call | None:
        return None


class Lowpass(Model):
    """A first-order lowpass filter, nengo.Lowpass."""

    kind: Literal["lowpass"]
    tau: PositiveSeconds = Field(0.005, description="Time constant, in seconds.")

    def nengo(self) -> Call | None:
        return Call("nengo.Lowpass", (self.tau,))


class Alpha(Model):
    """A second-order lowpass filter, nengo.Alpha. Not on the chip."""

    kind: Literal["alpha"]
    tau: PositiveSeconds = Field(0.01, description="Time constant, in seconds.")

    def nengo(self) -> Call | None:
        return Call("nengo.Alpha", (self.tau,))


Synapse = Annotated[NoSynapse | Lowpass | Alpha, Discriminator("kind"), Bare]
