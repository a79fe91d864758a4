"""Types of arguments: what a word on the command line has to be."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence

from snnc.arguments.parser import there_is_no


class Suggested(list[str]):
    """Words that a shell offers, of an argument that may be something else."""

    def __contains__(self, word: object) -> bool:
        return True


def one_of(noun: str, words: Sequence[str]) -> Callable[[str], str]:
    """Return a type of arguments that refuses all but some words, and suggests the nearest."""

    def word(text: str) -> str:
        if text not in words:
            raise argparse.ArgumentTypeError(there_is_no(noun, text, words))
        return text

    return word


def amount(text: str) -> float:
    try:
        amount = float(text)
    except ValueError:
        amount = -1.0
    if not 0 <= amount < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 0")
    return amount


def positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1")
    return int(text)


def whole(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 0")
    return int(text)
