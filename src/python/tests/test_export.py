"""Networks and recordings in other programs."""

import subprocess
import sys

import numpy as np
import pytest

from spikeprune import DiehlCook, Network, SpikeClassifier, to_brian2, to_neo, to_nir
from spikeprune.export import to_pynn

SMALL = {"device": "cpu", "epochs": 1}
MODELS = {
    "paper": SpikeClassifier("paper", neurons_per_class=3, **SMALL),
    # Weights of both signs, a threshold that moves.
    "best": SpikeClassifier("best", neurons_per_class=3, **SMALL),
    # A latched threshold in training, a fixed one in testing, dt 0.1 ms.
    "authors-code": SpikeClassifier("authors-code", neurons_per_class=3, **SMALL),
    "ten-class": SpikeClassifier("ten-class", neurons_per_class=3, **SMALL),
    # Thresholds with memory, one spike a step, inhibition that saturates.
    "diehl-cook": DiehlCook(30, **SMALL),
    # The same without delays.
    "no-delays": DiehlCook(
        30, set={"lateral.delay_e_to_i_max_ms": 0, "lateral.delay_i_to_e_max_ms": 0}, **SMALL
    ),
}

# The script, watched: the first image's variables after each step.
WATCH = """
import brian2 as b2, numpy as np, network
names = ["v", "vt", "ge", "gi"]
watch = b2.StateMonitor(network.excitatory, names, record=True, when="end")
network.network.add(watch)
network.network.store()
own = network.data["image"] == 0
i, t_ms = network.present(network.data["i"][own], network.data["t_ms"][own])
np.savez("watched.npz", **{name: np.array(getattr(watch, name)).T for name in names})
"""


def run(folder, *arguments):
    ran = subprocess.run([sys.executable, *arguments], cwd=folder, capture_output=True, text=True, timeout=300)
    assert ran.returncode == 0, ran.stderr
    return ran


def spikes_of(file, place):
    found = np.load(file)
    own = found["image"] == place
    return sorted(zip(found["t_ms"][own].tolist(), found["i"][own].tolist()))


def here(spikes):
    return sorted(zip(spikes.t_ms.tolist(), spikes.i.tolist()))


@pytest.fixture(scope="module")
def brian2():
    """Skips where there is no Brian2, and where NumPy is newer than it knows."""
    try:
        return pytest.importorskip("brian2")
    except AttributeError as error:
        pytest.skip(f"Brian2 cannot be imported: {error}")


@pytest.fixture(scope="module")
def fitted(digits):
    X, y = digits
    return lambda name: MODELS[name].fit(X[:200], y[:200])


@pytest.mark.parametrize("name", MODELS)
def test_brian2_gives_the_same_spikes(brian2, name, fitted, digits, tmp_path):
    model, images = fitted(name), digits[0][200:210]
    network = Network.of(model)
    ran = run(tmp_path, to_brian2(model, tmp_path, images))
    assert "WARNING" not in ran.stderr
    shown = [network.present(image) for image in images]
    for place, recording in enumerate(shown):
        assert spikes_of(tmp_path / "network.npz", place) == here(recording.inputs)
        assert spikes_of(tmp_path / "spikes.npz", place) == here(recording.spikes)
    assert sum(len(recording.spikes) for recording in shown) > 20


@pytest.mark.parametrize("name", ["best", "diehl-cook"])
def test_brian2_rounds_in_the_same_way(brian2, name, fitted, digits, tmp_path):
    network = Network.of(fitted(name))
    to_brian2(network, tmp_path, [digits[0][200]])
    run(tmp_path, "-c", WATCH)
    there, recording = np.load(tmp_path / "watched.npz"), network.present(digits[0][200], watch=range(30))
    for short, variable in {"v": "v_e_mv", "vt": "v_threshold_mv", "ge": "ge_e", "gi": "gi_e"}.items():
        of = there[short]
        assert of.dtype == np.float32
        # Smaller conductances are 0 here.
        assert (np.where(np.abs(of) < 1e-30, 0, of) == getattr(recording, variable)).all(), variable


def test_a_script_without_images_or_spikes_runs(brian2, tmp_path):
    network = Network("paper", image_shape=(8, 8))
    for place, images in enumerate([None, [], [np.zeros((8, 8), np.uint8)]]):
        folder = tmp_path / "new" / str(place)
        run(tmp_path, to_brian2(network, folder, images))
        assert spikes_of(folder / "spikes.npz", 0) == []


def test_a_script_is_written_without_brian2(tmp_path):
    network = Network("best", image_shape=(8, 8))
    script = to_brian2(network, tmp_path, images=[np.full((8, 8), 99, np.uint8)])
    assert script == tmp_path / "network.py"
    compile(script.read_text(), script, "exec")
    data = np.load(tmp_path / "network.npz")
    assert (data["weights"] == network.weights).all() and (data["thresholds_mv"] == network.thresholds_mv).all()
    assert (data["labels"] == network.labels).all() and data["images"] == 1
    dt_ms = network.params["time"]["dt_ms"]
    forth, back = network.delays_ms
    assert (data["delays_s2"] * dt_ms == forth).all() and (data["delays_s3"] * dt_ms == back).all()


@pytest.mark.filterwarnings("ignore")
def test_pynn_has_a_network_that_answers_alike(brian2, fitted, digits):
    sim = pytest.importorskip("pyNN.brian2")
    brian2.prefs.codegen.target = "numpy"
    network = Network.of(fitted("best"))
    sim.setup(timestep=0.5, min_delay=0.5)
    inputs, excitatory, inhibitory = to_pynn(network, sim)
    assert (inputs.size, excitatory.size, inhibitory.size) == (64, 30, 30)
    excitatory.record("spikes")
    images = digits[0][200:210]
    for place, image in enumerate(images):
        if place:
            sim.reset()
        shown = network.present(image).inputs
        times = [sim.Sequence(shown.t_ms[shown.i == pixel]) for pixel in range(64)]
        inputs.set(spike_times=times)
        sim.run(350.0)
    there = [[len(train) for train in shown.spiketrains] for shown in excitatory.get_data().segments]
    here = network.spike_counts(images).astype(int)
    assert here.sum() > 50 and np.corrcoef(here.ravel(), np.ravel(there))[0, 1] > 0.95


def test_pynn_cannot_choose_one_of_several_neurons(fitted):
    with pytest.raises(ValueError, match="one_spike_a_step"):
        to_pynn(fitted("diehl-cook"), None)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("population", ["excitatory", "inhibitory", "inputs"])
def test_neo_has_the_spikes_of_each_neuron(population, fitted, digits):
    neo = pytest.importorskip("neo")
    recording = Network.of(fitted("best")).present(digits[0][0], watch=[2, 5])
    block = to_neo(recording, population)
    assert isinstance(block, neo.Block)
    trains, dense = block.segments[0].spiketrains, recording.to_dense(population)
    assert len(trains) == dense.shape[1]
    for neuron, train in enumerate(trains):
        steps = np.rint(train.rescale("ms").magnitude / recording.dt_ms).astype(int)
        assert (steps == np.flatnonzero(dense[:, neuron])).all()
        assert train.annotations["neuron"] == neuron and train.t_stop == recording.duration_ms * train.units


@pytest.mark.filterwarnings("ignore")
def test_neo_has_what_was_watched(fitted, digits):
    pytest.importorskip("neo")
    network = Network.of(fitted("best"))
    recording = network.present(digits[0][0], watch=[2, 5])
    signals = {signal.name: signal for signal in to_neo(recording).segments[0].analogsignals}
    assert set(signals) >= {"v_e_mv", "v_threshold_mv", "ge_e", "gi_e", "v_i_mv"}
    for name, signal in signals.items():
        assert (signal.magnitude == getattr(recording, name)).all()
        assert signal.times.rescale("ms").magnitude == pytest.approx(recording.times_ms)
        assert signal.array_annotations["neuron"].tolist() == [2, 5]
    assert signals["v_e_mv"].units.dimensionality.string == "mV"
    assert len(to_neo(network.present(digits[0][0])).segments[0].analogsignals) == 0


@pytest.mark.filterwarnings("ignore")
def test_nir_has_the_events_of_each_population(fitted, digits, tmp_path):
    nir = pytest.importorskip("nir")
    recording = Network.of(fitted("best")).present(digits[0][0])
    data = to_nir(recording)
    sizes = {"inputs": 64, "excitatory": 30, "inhibitory": 30}
    assert set(data.nodes) == set(sizes)
    for population, size in sizes.items():
        events = data.nodes[population].observables["spikes"]
        assert isinstance(events, nir.EventData)
        assert (events.n_neurons, events.t_max) == (size, recording.duration_ms)
        dense = events.to_time_gridded(recording.dt_ms).data
        assert (dense[0] == recording.to_dense(population)).all()
    nir.write_data(tmp_path / "spikes.nir", data)
    again = nir.read_data(tmp_path / "spikes.nir").nodes["excitatory"].observables["spikes"]
    assert (again.idx == recording.spikes.i).all() and (again.time == recording.spikes.t_ms).all()


@pytest.mark.parametrize(("function", "package"), [(to_neo, "neo"), (to_nir, "nir")])
def test_what_is_missing_is_named(function, package, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    recording = Network("paper", image_shape=(8, 8)).present(np.zeros((8, 8), np.uint8))
    with pytest.raises(ImportError, match=f"pip install {package}"):
        function(recording)
