"""Spiking neural networks that learn by local rules and prune the weights they do not use.

>>> import numpy as np
>>> from sklearn.datasets import load_digits
>>> from spikeprune import SpikeClassifier
>>> X, y = load_digits(return_X_y=True)
>>> model = SpikeClassifier(neurons_per_class=5, epochs=1).fit(X[:300], y[:300])
>>> model.weights_.shape  # inputs, neurons
(64, 50)

The names:

========================  ==================================================================
:class:`SpikeClassifier`  a supervised classifier, with the habits of scikit-learn
:class:`DiehlCook`        Diehl & Cook's network, which learns without labels
:class:`Network`          one network to look into: spikes, potentials, weights over time
:func:`fit_many`          hundreds of estimators in one job
:func:`load`              images from pictures, arrays, tables or IDX files
:func:`sweep`             a parameter study, as a table
:func:`reproduce`         the papers' experiments, as tables
:func:`devices`           where networks can run
:func:`presets`           parameters to start from
:mod:`params`             every parameter explained
:func:`to_brian2`         a frozen network for Brian2; :func:`to_pynn`, :func:`to_neo`, :func:`to_nir`
========================  ==================================================================

Images are shown as Poisson spikes; networks of leaky integrate-and-fire neurons run on the CPU or a GPU, without the
interpreter. Times are in ms, potentials in mV, rates in Hz; conductances and weights are relative to the leak.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from spikeprune._native import VERSION as __version__

if TYPE_CHECKING:
    from spikeprune import params
    from spikeprune.classifiers import DiehlCook, SpikeClassifier
    from spikeprune.data import load
    from spikeprune.export import to_brian2, to_neo, to_nir, to_pynn
    from spikeprune.many import fit_many
    from spikeprune.network import Network
    from spikeprune.params import presets
    from spikeprune.recording import Recording
    from spikeprune.studies import devices, reproduce, sweep

# The command line starts without what it does not need: each name is imported when it is first used.
_WHERE = {
    "DiehlCook": "classifiers",
    "Network": "network",
    "Recording": "recording",
    "SpikeClassifier": "classifiers",
    "devices": "studies",
    "fit_many": "many",
    "load": "data",
    "presets": "params",
    "reproduce": "studies",
    "sweep": "studies",
    "to_brian2": "export",
    "to_neo": "export",
    "to_nir": "export",
    "to_pynn": "export",
}

__all__ = [
    "DiehlCook",
    "Network",
    "Recording",
    "SpikeClassifier",
    "__version__",
    "devices",
    "fit_many",
    "load",
    "params",
    "presets",
    "reproduce",
    "sweep",
    "to_brian2",
    "to_neo",
    "to_nir",
    "to_pynn",
]


def __getattr__(name: str) -> Any:
    if name == "params":
        return import_module("spikeprune.params")
    if name in _WHERE:
        value = getattr(import_module(f"spikeprune.{_WHERE[name]}"), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
