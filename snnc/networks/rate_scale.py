"""Layers that run faster, or slower, than they were trained to: more spikes, each of which counts less.

Neurons are tuned as if they had been given another max_rate: the rate for an input of 1 is that of training, times a scale, and
firing starts where it did. A spiking ReLU's rates are scaled all over. LIF's curve also changes its form, and is closer to a
line the faster it runs: in between its output is up to a tenth off.
"""

from __future__ import annotations

from typing import Any

import nengo
import numpy as np

from snnc.program.network import GainBias, Population


def faster(neuron_type: Any, population: Population, tuning: GainBias) -> tuple[Any, GainBias]:
    """Return a population's neurons with its rate scale, given them and their gain and bias without it."""
    scale, neurons = population.rate_scale, population.neurons
    if scale == 1:
        return neuron_type, tuning
    max_rates, intercepts = np.array([neurons.max_rate]), np.array([neurons.intercept])
    gain, bias = neuron_type.gain_bias(max_rates, intercepts)
    faster_gain, faster_bias = neuron_type.gain_bias(scale * max_rates, intercepts)
    ratio = faster_gain / gain
    own = GainBias(ratio * tuning.gain, faster_bias + ratio * (tuning.bias - bias))
    return weaker(neuron_type, scale), own


def weaker(neuron_type: Any, scale: float) -> Any:
    """Return neurons of which a spike counts so many times less."""
    settings = {key: getattr(neuron_type, key) for key in nengo.params.iter_params(neuron_type)}
    return type(neuron_type)(**{**settings, "amplitude": neuron_type.amplitude / scale})
