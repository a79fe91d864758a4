"""Compute the rates of nengo_dl.SoftLIFRate without importing NengoDL; a test compares both."""

from __future__ import annotations

from typing import Any

import nengo
import numpy as np
from numpy.typing import NDArray


class SoftLif(nengo.LIFRate):  # type: ignore[misc]
    """LIF neurons with a threshold that is softened by sigma."""

    def __init__(self, sigma: float, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._sigma = sigma

    def rates(self, x: Any, gain: Any, bias: Any) -> NDArray[np.float64]:
        """Return rates in hertz times the amplitude, for inputs x, (n, neurons)."""
        above = (gain * x + bias - 1) / self._sigma
        soft = np.where(above > 30, above, np.log1p(np.exp(above))) * self._sigma
        # Far below the threshold soft underflows; then the logarithm is replaced by its limit.
        waits = np.where(above > -20, np.log1p(1 / soft), -above - np.log(self._sigma))
        return np.asarray(self.amplitude / (self.tau_ref + self.tau_rc * waits))
