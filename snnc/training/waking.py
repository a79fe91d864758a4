"""Turn units around that would start silent. The emitted script does the same."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import tensorflow as tf


def wake(layers: Iterable[tf.keras.layers.Layer], names: Iterable[str]) -> None:
    """Turn units whose weights are all negative around, in the Keras layers of some names."""
    names = set(names)
    for layer in layers:
        if layer.name in names:
            kernel, *bias = layer.get_weights()
            silent = (kernel <= 0).all(axis=tuple(range(kernel.ndim - 1)))
            layer.set_weights([np.where(silent, -kernel, kernel), *bias])
