"""Regressions and auto-encoders: how people write them, and that a spec can't say them yet. It has classes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import isfinite
from typing import TYPE_CHECKING, Any, Literal

from snnc.diagnostics.codes import REGRESSION
from snnc.diagnostics.diagnostic import Diagnostic

if TYPE_CHECKING:
    from snnc.spec.located_errors import LocatedError

NOT_YET = "a spec can't say a regression or an auto-encoder yet: it has classes"
#: A hint for numbers that are to become classes after all.
BINS = "numpy.digitize(y, edges) makes classes of them, if ranges are enough"
#: Losses, and metrics, of values.
_OF_VALUES = (
    *("mse", "mae", "rmse", "mape", "msle", "huber", "logcosh", "r2", "poisson"),
    *("meansquarederror", "meanabsoluteerror", "rootmeansquarederror", "mseloss", "l1loss"),
    *("meanabsolutepercentageerror", "meansquaredlogarithmicerror", "smoothl1loss"),
)
#: What tasks on values are called, in part.
_TASKS = ("regress", "autoencod", "reconstruct")
#: Data sets of scikit-learn and Keras whose targets are values.
_DATA_SETS = ("diabetes", "linnerud", "boston", "bostonhousing", "californiahousing", "california")
#: Keys for how many values come out.
_WIDTHS = ("units", "size", "outputs", "noutputs", "dim", "outputdim", "shape", "neurons", "values")
_KEYS_OF_LOSS = ("loss", "losses", "metric", "metrics", "criterion", "objective", "monitor")
#: More different labels than this are measured values if they have fractions, or if most stand alone.
FEW = 20
#: More than this are measured values unless there are so many items of each.
MANY, ITEMS_OF_EACH = 100, 10


def regression(error: LocatedError) -> Diagnostic | None:
    """Return the diagnostic for an error in a spec of someone who predicts values, or None if it is about anything else."""
    path, value = error.path, error.detail["input"]
    words = [_plain(word) for word in _texts(value)]
    if error.detail["type"] == "extra_forbidden":
        message = _of_key(str(path[-1]), words)
    elif path[-1:] == ("kind",) and _is_task(words):
        message = f"'{value}' is no classification"
    elif path == ("data", "name") and any(word in _DATA_SETS for word in words):
        message = f"the targets of '{value}' are values, not classes"
    else:
        message = ""
    on: Literal["key", "value"] = "key" if error.detail["type"] == "extra_forbidden" else "value"
    return Diagnostic(REGRESSION, message, path, on, NOT_YET) if message else None


def _of_key(key: str, words: Sequence[str]) -> str:
    """Return what an unknown key says of predicted values, by its name and the texts in its value, or ""."""
    if _plain(key) in _KEYS_OF_LOSS and any(word in _OF_VALUES for word in words):
        return f"'{key}' is that of a regression"
    return f"'{key}' says that this is no classification" if _is_task([*words, _plain(key)]) else ""


def _is_task(words: Iterable[str]) -> bool:
    return any(task in word for word in words for task in _TASKS)


def width_hint(error: LocatedError) -> str:
    """Return the hint for what says how many values come out of [output], as a key of its own or as too few classes, or ""."""
    path, value = error.path, error.detail["input"]
    if path == ("output", "classes") and value in (0, 1):
        return f"write 2 for a yes or no; {NOT_YET}"
    if path[:-1] != ("output",) or _plain(path[-1]) not in _WIDTHS:
        return ""
    number = value[0] if isinstance(value, list) and len(value) == 1 else value
    if type(number) is int and number > 1:
        return f"{NOT_YET}; if each is a class, write classes = {number} instead"
    return f"{NOT_YET}; for a yes or no, write classes = 2 instead"


def same_as_items(data: Any) -> str | None:
    """Return the key of a source's labels, if it names the array of items, or None."""
    for items, labels in (("x", "y"), ("x_train", "y_train"), ("x_test", "y_test")):
        name = getattr(data, items, None)
        if name is not None and name == getattr(data, labels, None):
            return labels
    return None


def measured(different: Sequence[float], items: int) -> bool:
    """Whether these different labels, of so many items, look like values that were measured, not like classes."""
    finite = [value for value in different if isfinite(value)]
    fractions, number = any(value != int(value) for value in finite), len(finite)
    if number > MANY and items < ITEMS_OF_EACH * number:
        return True
    return number > FEW and (fractions or items < 2 * number)


def _texts(value: Any) -> Iterable[str]:
    """Yield the texts in a value: itself, or those of an array or a table of them."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _texts(inner)


def _plain(word: object) -> str:
    return str(word).lower().replace("_", "").replace("-", "").replace(" ", "")
