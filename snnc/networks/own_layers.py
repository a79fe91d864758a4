"""Keras layers that Keras doesn't have: each by the name that its operator gives it."""

from __future__ import annotations

import tensorflow as tf


class OnOff(tf.keras.layers.Layer):  # type: ignore[misc]
    """Every value, then the negative of every value, channel by channel."""

    def call(self, x: tf.Tensor) -> tf.Tensor:
        return tf.concat([x, -x], axis=-1)
