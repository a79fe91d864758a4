"""All mistakes, and what becomes of each whose report is followed."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import snnc
from tests.advice import data, specs
from tests.advice.literally import State, beside, walk
from tests.advice.sound import Mistake
from tests.advice.told import told


def all_mistakes() -> Iterator[Mistake]:
    yield from specs.mistakes()
    yield from data.mistakes()


def followed(mistake: Mistake, trained: dict[str, str] | None) -> dict[str, Any]:
    """Return what is said of a mistake, and how following it ends; `trained` remembers what was trained, if anything is to be."""
    said, end = told(mistake), walk(mistake)
    is_sound = end.is_well
    ending = end.end
    if is_sound and trained is not None:
        key = end.state.key
        if key not in trained:
            trained[key] = _trained(end.state)
        ending = f"{ending}, {trained[key]}"
        is_sound = trained[key] == "trains"
    return {
        "said": said.first,
        "code": said.code,
        "steps": len(end.steps),
        "end": ending,
        "well": is_sound and "Traceback" not in said.text,
    }


def _trained(state: State) -> str:
    with beside(state.files), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            snnc.train(state.tables or {}, epochs=1)
        except snnc.Error as error:
            return f"doesn't train: {str(error).partition(chr(10))[0]}"
    return "trains"
