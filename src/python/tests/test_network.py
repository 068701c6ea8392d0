"""One network looked into, data from files, studies."""

import subprocess
import sys

import numpy as np
import pytest

import spikeprune
from spikeprune import Network, SpikeClassifier, devices, params, presets, reproduce, sweep


@pytest.fixture(scope="module")
def network(digits):
    X, y = digits
    return Network.of(SpikeClassifier("best", device="cpu").fit(X[:400], y[:400]))


def test_a_recording_is_what_was_counted(network, digits):
    image = digits[0][3]
    recording = network.present(image, watch=[0, 50, 99])
    counts = np.bincount(recording.spikes.i, minlength=100)
    assert (counts == network.spike_counts(image[None])[0]).all() and counts.sum() > 0
    assert recording.v_e_mv.shape == recording.gi_e.shape == (len(recording.times_ms), 3)
    dense = recording.to_dense()
    assert dense.shape == (len(recording.times_ms), 100) and dense.sum() == counts.sum()
    assert recording.to_dense("inputs").sum() == len(recording.inputs)
    again = network.present_spikes(recording.inputs.i, recording.inputs.t_ms, watch=[0, 50, 99])
    assert (again.spikes.i == recording.spikes.i).all() and (again.spikes.t_ms == recording.spikes.t_ms).all()
    assert (again.v_e_mv == recording.v_e_mv).all()


def test_a_recording_is_saved_and_drawn(network, digits, tmp_path):
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("agg")
    recording = network.present(digits[0][0], watch=[1])
    recording.save(tmp_path / "spikes.npz")
    saved = np.load(tmp_path / "spikes.npz")
    assert (saved["i"] == recording.spikes.i).all() and (saved["v_e_mv"] == recording.v_e_mv).all()
    from matplotlib.figure import Figure

    axes = Figure().subplots(2)
    assert len(recording.raster(axes[0]).lines) == 1
    assert len(recording.plot("ge_e", axes[1]).lines) == 1
    with pytest.raises(ValueError, match="variable"):
        recording.plot("mood")


def test_a_network_learns_and_its_weights_are_kept(digits):
    X, y = digits[0] / 16, digits[1]
    few = np.flatnonzero(y < 3)[:120]
    network = Network("best", image_shape=(8, 8), classes=[0, 1, 2], set={"job.epochs": 1}, device="cpu")
    before = network.weights
    taught = network.teach(X[few[0]], int(y[few[0]]), watch=[0])
    assert taught.duration_ms > 350 and (network.weights == before).all()
    history = network.train(X[few], y[few], snapshots=40)
    assert history.images.tolist() == [40, 80, 120]
    assert (history.weights[-1] == network.weights).all() and (history.weights[0] != history.weights[1]).any()


@pytest.mark.parametrize(
    ("use", "said"),
    [
        (lambda network: network.present(np.zeros((3, 3))), "pixels"),
        (lambda network: Network("best", image_shape=(8, 8)).present(np.full((8, 8), 7.0)), "0 to 1"),
        (lambda network: network.present(np.zeros((8, 8)), watch=[-1]), "from 0"),
        (lambda network: network.spike_counts(np.zeros((8, 8))), "several"),
        (lambda network: network.present(np.zeros((8, 8)), watch=[100]), "100"),
        (lambda network: network.present_spikes([64], [1.0]), "64"),
        (lambda network: network.present_spikes([70000], [1.0]), "70000"),
        (lambda network: network.present_spikes([1], [1e6]), "lie in"),
        (lambda network: network.present_spikes([1, 2], [1.0]), "same length"),
        (lambda network: network.train(np.zeros((2, 8, 8)), [77, 1]), "label"),
        (lambda network: network.teach(np.zeros((8, 8)), 77), "77"),
        (lambda network: Network("best", classes=[1, 1]), "1"),
        (lambda network: params.explain("excitatory.tau"), "tau"),
        (lambda network: sweep({"learning.nothing": [1]}), "nothing"),
        (lambda network: sweep({}, no_such_flag=3), "no-such-flag"),
        (lambda network: reproduce("nobody"), "nobody"),
        (lambda network: sweep({"learning.a_pre": [1]}, resume=True), "out"),
    ],
)
def test_errors_say_what_was_wrong(network, use, said, data_folder, monkeypatch):
    monkeypatch.setenv("SPIKEPRUNE_DATA", str(data_folder))
    with pytest.raises(ValueError, match=said):
        use(network)


def test_data_are_read_as_the_command_line_reads_them(mnist, tmp_path):
    assert mnist.X_train.shape == (60000, 28, 28) and mnist.y_test.shape == (10000,)
    np.savez(tmp_path / "own.npz", images=np.zeros((10, 6, 5), np.uint8), labels=np.arange(10) % 2)
    own = spikeprune.load(tmp_path / "own.npz", size=(4, 4))
    assert own.X_train.shape == (8, 4, 4) and own.X_test.shape == (2, 4, 4)
    with pytest.raises(FileNotFoundError, match="fetch_openml"):
        spikeprune.load(tmp_path / "nothing")
    (tmp_path / "torn.npz").write_bytes(b"PK")
    with pytest.raises(ValueError, match="torn"):
        spikeprune.load(tmp_path / "torn.npz")


def test_a_sweep_is_a_table(digits, tmp_path):
    pandas = pytest.importorskip("pandas")
    data = digits
    own = {"data": data, "preset": "best", "classes": range(10), "test_per_class": "all", "device": "cpu"}
    own |= {"train_images": 200, "validation_per_class": 10, "seeds": 2, "out": tmp_path / "study"}
    found = sweep({"learning.a_pre": [0.01, 0.02]}, **own)
    assert isinstance(found, pandas.DataFrame)
    assert found["learning.a_pre"].tolist() == [0.01, 0.01, 0.02, 0.02] and found["seed"].tolist() == [1, 2, 1, 2]
    again = sweep({}, resume=True, **own)
    same = [column for column in found.columns if column != "seconds"]
    assert found[same].equals(again[same])
    own |= {"out": None, "seeds": 1}
    drawn = sweep(ranges={"learning.a_pre": (0.01, 0.02)}, log_ranges={"pruning.k": (0.5, 2)}, random=2, **own)
    assert drawn["learning.a_pre"].between(0.01, 0.02).all() and drawn["pruning.k"].between(0.5, 2).all()


def test_a_paper_is_reproduced(data_folder):
    found = reproduce(
        "diehl-cook", data=data_folder, sizes=[20], seeds=1, epochs=1, train_images=200, label_images=200,
        test_per_class=20, validation_per_class=1, device="cpu",
    )  # fmt: skip
    assert found["networks"]["neurons"].tolist() == [20]


def test_what_there_is_is_told():
    assert "ten-class" in presets() and devices()["cpu"]["cores"] >= 1
    assert params.explain("time.dt_ms").unit == "ms"
    assert params.resolve("paper", set={"time.dt_ms": 0.25})["time"]["dt_ms"] == 0.25


def test_the_command_line_comes_along():
    for program in ([sys.executable, "-m", "spikeprune"], ["spikeprune"]):
        ran = subprocess.run([*program, "--version"], capture_output=True, text=True)
        assert ran.stdout.strip() == f"spikeprune {spikeprune.__version__}"
    ran = subprocess.run([sys.executable, "-m", "spikeprune", "trian"], capture_output=True, text=True)
    assert ran.returncode == 2 and "train" in ran.stderr
    ran = subprocess.run([sys.executable, "-m", "spikeprune", "eval", "nothing"], capture_output=True, text=True)
    assert ran.returncode == 1 and "nothing" in ran.stderr
