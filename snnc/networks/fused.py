"""Firing rates and their slopes in one pass through memory, in the place of NengoDL's formulas for large layers.

NengoDL and nengo_extras write a formula as some twenty TensorFlow operations, each of which reads and writes a whole layer, and leave
its slope to TensorFlow, which does so once more. Here XLA makes both in one operation. They are the same formulas, up to rounding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import nengo_dl
import tensorflow as tf
from nengo_dl.neuron_builders import SimNeuronsBuilder, SoftLIFRateBuilder
from nengo_loihi.neurons import (
    LoihiLIF,
    LoihiLIFBuilder,
    LoihiSpikingRectifiedLinear,
    LoihiSpikingRectifiedLinearBuilder,
    install_dl_builders,
)

#: From how many values in a batch on a layer is worth compiling, which takes some tenths of a second.
WORTH_IT = 100_000

#: The rates of neurons for their input currents, and the slopes of what training differentiates.
Formula = Callable[[Any], tuple[Any, Any]]


@contextmanager
def fused() -> Iterator[None]:
    """Let the simulators that are made meanwhile compute large layers' rates in one pass."""
    builders = SimNeuronsBuilder.TF_NEURON_IMPL
    install_dl_builders()  # otherwise NengoLoihi's come later, in place of these
    before = dict(builders)
    builders |= {
        nengo_dl.SoftLIFRate: FusedSoftLif,
        LoihiLIF: FusedLoihiLif,
        LoihiSpikingRectifiedLinear: FusedLoihiRelu,
    }
    try:
        yield
    finally:
        builders |= before


class FusedSoftLif(SoftLIFRateBuilder):  # type: ignore[misc]
    """LIF rates with a softened threshold."""

    def step(self, J: Any, dt: Any) -> Any:  # noqa: N803 - NengoDL's name
        if not _is_worth_it(J):
            return super().step(J, dt)
        amplitude = self.one if self.amplitude is None else self.amplitude

        def formula(current: Any) -> tuple[Any, Any]:
            return _soft_lif(current, self.sigma, self.tau_ref, self.tau_rc, amplitude)

        return _compiled(formula, J)


class FusedLoihiLif(LoihiLIFBuilder):  # type: ignore[misc]
    """LIF rates as on the chip, whose steps are whole; their slope is that of softened LIF rates through the middle of them."""

    def training_step(self, J: Any, dt: Any, **state: Any) -> Any:  # noqa: N803
        if not _is_worth_it(J) or not self.config.lif_smoothing:
            return super().training_step(J, dt, **state)
        amplitude = self.one if self.amplitude is None else self.amplitude
        tau_ref = self.discretize_tau_ref(self.tau_ref, dt)
        tau_rc = self.discretize_tau_rc(self.tau_rc, dt)

        def formula(current: Any) -> tuple[Any, Any]:
            above = tf.maximum(current - self.one, self.epsilon)
            period = tau_ref + tau_rc * tf.math.log1p(tf.math.reciprocal(above))
            rates = amplitude / (dt * tf.math.ceil(period / dt))
            _, slope = _soft_lif(current, self.sigma, tau_ref + 0.5 * dt, tau_rc, amplitude)
            return tf.where(current > self.one, rates, self.zeros), slope

        return _compiled(formula, J)


class FusedLoihiRelu(LoihiSpikingRectifiedLinearBuilder):  # type: ignore[misc]
    """The rates of neurons without a leak as on the chip, whose steps are whole; their slope is that through the middle of them."""

    def training_step(self, J: Any, dt: Any, **state: Any) -> Any:  # noqa: N803
        if not _is_worth_it(J):
            return super().training_step(J, dt, **state)
        amplitude = self.one if self.amplitude is None else self.amplitude

        def formula(current: Any) -> tuple[Any, Any]:
            period = tf.math.reciprocal(tf.maximum(current, self.epsilon))
            rates = self.alpha / tf.math.ceil(period / dt)
            # The slope of amplitude / (dt / 2 + 1 / current).
            slope = amplitude / tf.square(1 + 0.5 * dt * current)
            fires = current > self.zero
            return tf.where(fires, rates, self.zeros), tf.where(fires, slope, self.zeros)

        return _compiled(formula, J)


def _soft_lif(
    current: Any, sigma: Any, tau_ref: Any, tau_rc: Any, amplitude: Any
) -> tuple[Any, Any]:
    """Return the rates of LIF neurons with a threshold softened by sigma, and their slopes.

    As nengo_dl.neuron_builders.SoftLIFRateBuilder has them: far below the threshold by the limit of the formula.
    """
    above = (current - 1) / sigma
    near = above > -20
    soft = sigma * tf.nn.softplus(tf.where(near, above, tf.zeros_like(above)))
    waits = tf.where(near, tf.math.log1p(1 / soft), -above - tf.math.log(sigma))
    rates = amplitude / (tau_ref + tau_rc * waits)
    shorter = tf.where(near, tf.math.sigmoid(above) / (soft * (1 + soft)), 1 / sigma)
    return rates, rates * rates * (tau_rc / amplitude) * shorter


def _compiled(formula: Formula, current: Any) -> Any:
    """Return rates for currents, (items, neurons), with the slopes that go with them; by XLA where TensorFlow has it."""
    both = tf.function(formula, jit_compile=tf.test.is_built_with_xla())

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def rates(current: Any) -> tuple[Any, Callable[[Any], Any]]:
        found, slope = both(current)
        return found, lambda upstream: upstream * slope

    return rates(current)


def _is_worth_it(current: Any) -> bool:
    return bool(current.shape.num_elements() >= WORTH_IT)
