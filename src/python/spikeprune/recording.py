"""What one presentation evoked: spikes, and variables of chosen neurons over time."""

from __future__ import annotations

import os
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Recording", "Spikes"]

_VARIABLES = {
    "v_e_mv": "membrane potential, mV",
    "v_threshold_mv": "adaptive threshold, mV",
    "v_latched_mv": "latched threshold, mV",
    "ge_e": "excitatory conductance, relative to the leak",
    "gi_e": "inhibitory conductance, relative to the leak",
    "trace_post": "postsynaptic trace",
    "v_i_mv": "membrane potential of the inhibitory neuron, mV",
    "ge_i": "conductance of the inhibitory neuron, relative to the leak",
}


class Spikes(NamedTuple):
    """Spikes in the order of time."""

    i: NDArray[np.uint32]
    """Which input or neuron, [spikes]."""
    t_ms: NDArray[np.float64]
    """When, since the image came on, in ms, [spikes]."""

    def __len__(self) -> int:
        return len(self.i)


class Recording:
    """What one presentation evoked in one network.

    Attributes
    ----------
    spikes, inhibitory, inputs : Spikes
        Of the excitatory neurons, the inhibitory neurons and the inputs; ``i`` and ``t_ms`` each.
    watched : array [watched]
        The excitatory neurons whose variables were recorded.
    times_ms : array [steps]
        Ends of the steps at which they were.
    v_e_mv, v_threshold_mv, v_latched_mv, ge_e, gi_e, trace_post, v_i_mv, ge_i : array [steps, watched]
        Potential, adaptive and latched threshold, conductances and trace of the excitatory neurons; potential and
        conductance of their inhibitory partners.
    dt_ms, duration_ms : float
    neurons, n_inputs : int

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from spikeprune import Network
    >>> image = load_digits().images[0] / 16
    >>> recording = Network("paper", image_shape=(8, 8)).present(image, watch=[0, 3])
    >>> recording.v_e_mv.shape
    (700, 2)
    """

    v_e_mv: NDArray[np.float32]
    v_threshold_mv: NDArray[np.float32]
    v_latched_mv: NDArray[np.float32]
    ge_e: NDArray[np.float32]
    gi_e: NDArray[np.float32]
    trace_post: NDArray[np.float32]
    v_i_mv: NDArray[np.float32]
    ge_i: NDArray[np.float32]

    def __init__(self, native: Any, watched: list[int], neurons: int, inputs: int) -> None:
        spikes, variables, (self.dt_ms, self.duration_ms) = native
        found = [Spikes(i=of, t_ms=times) for times, of in spikes]
        self.inputs, self.spikes, self.inhibitory = found
        self.watched = np.array(watched, np.uint32)
        self.neurons, self.n_inputs = neurons, inputs
        self.__dict__.update(variables)
        self.times_ms = (np.arange(len(self.v_e_mv)) + 1) * self.dt_ms

    def __repr__(self) -> str:
        return (
            f"Recording({self.duration_ms:g} ms, {len(self.inputs)} input spikes, "
            f"{len(self.spikes)} excitatory spikes, {self.neurons} neurons, {len(self.watched)} watched)"
        )

    def _population(self, population: str) -> tuple[Spikes, int]:
        found = {
            "excitatory": (self.spikes, self.neurons),
            "inhibitory": (self.inhibitory, self.neurons),
            "inputs": (self.inputs, self.n_inputs),
        }
        if population not in found:
            raise ValueError(f"population is {population!r}: it must be one of {', '.join(found)}")
        return found[population]

    def to_dense(self, population: str = "excitatory") -> NDArray[np.bool_]:
        """Spikes as a matrix, [steps, neurons], true where a neuron (or input) fires in a step."""
        spikes, size = self._population(population)
        dense = np.zeros((round(self.duration_ms / self.dt_ms), size), bool)
        dense[np.rint(spikes.t_ms / self.dt_ms).astype(int), spikes.i] = True
        return dense

    def raster(self, ax: Any = None, population: str = "excitatory", **style: Any) -> Any:
        """Draws the spikes as dots over time with matplotlib, and returns the axes."""
        spikes, size = self._population(population)
        ax = _axes(ax)
        ax.plot(spikes.t_ms, spikes.i, linestyle="", **{"marker": ".", "markersize": 2, **style})
        ax.set(xlim=(0, self.duration_ms), ylim=(-0.5, size - 0.5), xlabel="time (ms)", ylabel=population)
        return ax

    def plot(self, variable: str = "v_e_mv", ax: Any = None, **style: Any) -> Any:
        """Draws a variable of the watched neurons over time with matplotlib, and returns the axes."""
        if variable not in _VARIABLES:
            raise ValueError(f"variable is {variable!r}: it must be one of {', '.join(_VARIABLES)}")
        ax = _axes(ax)
        for place, neuron in enumerate(self.watched):
            ax.plot(self.times_ms, getattr(self, variable)[:, place], **{"label": str(neuron), **style})
        ax.set(xlim=(0, self.duration_ms), xlabel="time (ms)", ylabel=_VARIABLES[variable])
        return ax

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes all of it as .npz: ``i``, ``t_ms`` of the excitatory spikes, the same with ``inhibitory_`` and
        ``inputs_`` before it, the watched neurons and their variables by name."""
        arrays: dict[str, Any] = {"i": self.spikes.i, "t_ms": self.spikes.t_ms}
        for name, spikes in (("inhibitory", self.inhibitory), ("inputs", self.inputs)):
            arrays |= {f"{name}_i": spikes.i, f"{name}_t_ms": spikes.t_ms}
        arrays |= {name: getattr(self, name) for name in (*_VARIABLES, "watched", "times_ms")}
        np.savez_compressed(path, **arrays, dt_ms=self.dt_ms, duration_ms=self.duration_ms)


def _axes(ax: Any) -> Any:
    if ax is not None:
        return ax
    import matplotlib.pyplot as plt

    return plt.gca()
