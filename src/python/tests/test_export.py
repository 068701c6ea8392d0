"""Networks in other simulators."""

import subprocess
import sys

import numpy as np
import pytest

from spikeprune import DiehlCook, Network, SpikeClassifier, to_brian2, to_neo, to_nir

SMALL = {"device": "cpu", "epochs": 1}


@pytest.mark.parametrize(
    "model",
    [
        SpikeClassifier("paper", neurons_per_class=3, **SMALL),
        # Weights of both signs.
        SpikeClassifier("best", neurons_per_class=3, **SMALL),
        # A latched threshold in training, a fixed one in testing, dt 0.1 ms.
        SpikeClassifier("authors-code", neurons_per_class=3, **SMALL),
        # Thresholds with memory, one spike a step.
        DiehlCook(30, **SMALL),
    ],
    ids=["paper", "best", "authors-code", "diehl-cook"],
)
def test_brian2_gives_the_same_spikes(model, digits, tmp_path):
    pytest.importorskip("brian2")
    X, y = digits
    model.fit(X[:200], y[:200])
    network, images = Network.of(model), X[200:210]
    script = to_brian2(model, tmp_path, images)
    ran = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=300)
    assert ran.returncode == 0, ran.stderr
    spikes = np.load(tmp_path / "spikes.npz")
    dt_ms = network.params["time"]["dt_ms"]
    total = 0
    for place, image in enumerate(images):
        own = spikes["image"] == place
        there = sorted(zip(np.rint(spikes["t_ms"][own] / dt_ms).astype(int), spikes["i"][own].astype(int)))
        recording = network.present(image)
        here = sorted(zip(np.rint(recording.spikes.t_ms / dt_ms).astype(int), recording.spikes.i.astype(int)))
        assert there == here
        total += len(here)
    assert total > 20


@pytest.mark.filterwarnings("ignore")
def test_neo_has_the_spikes_of_each_neuron(digits):
    pytest.importorskip("neo")
    X, y = digits
    network = Network.of(SpikeClassifier("best", neurons_per_class=3, **SMALL).fit(X[:200], y[:200]))
    recording = network.present(X[0], watch=[2, 5])
    segment = to_neo(recording)
    assert len(segment.spiketrains) == 30
    assert [len(train) for train in segment.spiketrains] == np.bincount(recording.spikes.i, minlength=30).tolist()
    potential = next(signal for signal in segment.analogsignals if signal.name == "v_e_mv")
    assert potential.shape == recording.v_e_mv.shape and (potential.magnitude == recording.v_e_mv).all()


def test_nir_has_the_events_of_each_population(digits):
    nir = pytest.importorskip("nir")
    X, y = digits
    network = Network.of(SpikeClassifier("best", neurons_per_class=3, **SMALL).fit(X[:200], y[:200]))
    recording = network.present(X[0])
    data = to_nir(recording)
    events = data.nodes["excitatory"].observables["spikes"]
    assert isinstance(events, nir.EventData) and (events.n_neurons, events.t_max) == (30, recording.duration_ms)
    assert (events.idx[0] == recording.spikes.i).all() and (events.time[0] == recording.spikes.t_ms).all()
