"""Keras layers that Keras doesn't have: each by the name that its operator gives it."""

from __future__ import annotations

from typing import Any

import tensorflow as tf


class OnOff(tf.keras.layers.Layer):  # type: ignore[misc]
    """Every value, then the negative of every value, channel by channel."""

    def call(self, x: tf.Tensor) -> tf.Tensor:
        return tf.concat([x, -x], axis=-1)


class Place(tf.keras.layers.Layer):  # type: ignore[misc]
    """Values with channels of zeros around theirs: a sum of such is a concatenation."""

    def __init__(self, before: int, behind: int, **settings: Any) -> None:
        super().__init__(**settings)
        self.channels = [before, behind]

    def call(self, x: tf.Tensor) -> tf.Tensor:
        return tf.pad(x, [[0, 0]] * (len(x.shape) - 1) + [self.channels])

    def get_config(self) -> dict[str, Any]:
        before, behind = self.channels
        return {**super().get_config(), "before": before, "behind": behind}
