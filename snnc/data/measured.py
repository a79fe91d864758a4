"""Labels that look like measured values."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from snnc.spec.regressions import BINS, NOT_YET, measured


def regression_of(y: NDArray[Any]) -> str:
    """Return what says that labels, which can't be used, are those of a regression, or "" if they don't look like it."""
    if not measured(np.unique(y).tolist(), len(y)):
        return ""
    return f": these look measured, for a regression. {NOT_YET.capitalize()}; {BINS}"
