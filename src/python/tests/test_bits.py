"""The same seed gives the same bits as on the command line, and checkpoints are the same files."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from spikeprune import DiehlCook, Network, SpikeClassifier, devices


def command(*args, code=0):
    ran = subprocess.run([sys.executable, "-m", "spikeprune", *map(str, args)], capture_output=True, text=True)
    assert ran.returncode == code, ran.stderr
    return ran.stdout


@pytest.fixture(scope="module")
def trained(tmp_path_factory, mnist, data_folder):
    """By the command line and in Python: the first 600 images of 4, 6 and 7."""
    folder = tmp_path_factory.mktemp("runs") / "run"
    command(
        "train", "--preset", "ten-class", "--classes", "4,6,7", "--train-images", 600, "--validation-per-class", 0,
        "--test-per-class", "all", "--device", "cpu", "--seed", 5, "--data", data_folder, "--out", folder, "--quiet",
    )  # fmt: skip
    few = np.flatnonzero(np.isin(mnist.y_train, [4, 6, 7]))[:600]
    model = SpikeClassifier("ten-class", seed=5, device="cpu").fit(mnist.X_train[few], mnist.y_train[few])
    return folder, model


def test_training_gives_the_same_bits(trained):
    folder, model = trained
    of_command = Network.load(folder / "checkpoint.safetensors", device="cpu")
    assert (of_command.weights == model.weights_).all()
    assert (of_command.thresholds_mv == model.thresholds_).all()


def test_accuracy_is_that_of_the_command_line(trained, mnist, data_folder, tmp_path):
    folder, model = trained
    model.save(tmp_path / "mine.safetensors")
    told = command(
        "eval", tmp_path / "mine.safetensors", "--classes", "4,6,7", "--device", "cpu", "--json", "--data", data_folder
    )
    # The command line draws spikes by the place in the file of all digits.
    summary = json.loads((folder / "summary.json").read_text())
    of_command = json.loads(told)["replicas"][0]["eval"]["accuracy"]
    assert summary["replicas"][0]["eval"]["accuracy"] == of_command
    some = np.isin(mnist.y_test, [4, 6, 7])
    assert abs(model.recognised_score(mnist.X_test[some], mnist.y_test[some]) - of_command) < 0.02


def test_recognised_score_is_that_of_the_command_line(mnist, data_folder, tmp_path):
    folder = tmp_path / "run"
    command(
        "train", "--preset", "diehl-cook", "--neurons", 50, "--label-images", 500, "--train-images", 500, "--epochs", 1,
        "--validation-per-class", 0, "--device", "cpu", "--data", data_folder, "--out", folder, "--quiet",
    )  # fmt: skip
    accuracy = json.loads((folder / "summary.json").read_text())["replicas"][0]["eval"]["accuracy"]
    model = DiehlCook(50, label_images=500, epochs=1, device="cpu").fit(mnist.X_train[:500], mnist.y_train[:500])
    assert model.recognised_score(mnist.X_test, mnist.y_test) == accuracy


def test_checkpoints_go_both_ways(trained, mnist, tmp_path):
    folder, model = trained
    model.save(tmp_path / "mine.safetensors")
    again = SpikeClassifier.load(tmp_path / "mine.safetensors", device="cpu")
    assert (again.predict(mnist.X_test[:100]) == model.predict(mnist.X_test[:100])).all()
    of_command = SpikeClassifier.load(folder / "checkpoint.safetensors", device="cpu")
    assert (of_command.spike_counts(mnist.X_test[:50]) == model.spike_counts(mnist.X_test[:50])).all()
    with pytest.raises(FileNotFoundError, match="no-such"):
        SpikeClassifier.load(tmp_path / "no-such.safetensors")
    (tmp_path / "odd.safetensors").write_bytes(b"nothing of the kind")
    with pytest.raises(ValueError, match="odd"):
        Network.load(tmp_path / "odd.safetensors")


@pytest.mark.filterwarnings("ignore:.*GPU in software")
def test_a_gpu_gives_the_same_bits(digits):
    if not any(gpu["self_test"]["exact"] for gpu in devices()["gpus"]):
        assert "SPIKEPRUNE_REQUIRE_GPU" not in os.environ
        pytest.skip("there is no GPU that computes exactly")
    X, y = digits
    on_gpu, on_cpu = (SpikeClassifier("best", device=device).fit(X[:60], y[:60]) for device in ("gpu", "cpu"))
    assert on_gpu.device_ != on_cpu.device_
    assert (on_gpu.weights_ == on_cpu.weights_).all()
    assert (on_gpu.spike_counts(X[:20]) == on_cpu.spike_counts(X[:20])).all()


def test_a_checkpoint_does_not_say_what_is_bright(tmp_path, digits):
    X, y = digits
    model = SpikeClassifier("paper", device="cpu").fit(X[:300], y[:300])
    model.save(tmp_path / "model.safetensors")
    plain = SpikeClassifier.load(tmp_path / "model.safetensors", device="cpu")
    told = SpikeClassifier.load(tmp_path / "model.safetensors", X_range=model.X_range_, device="cpu")
    counts = model.spike_counts(X[:20])
    assert (told.spike_counts(X[:20]) == counts).all() and (plain.spike_counts(X[:20] / 16) == counts).all()
    with pytest.raises(ValueError, match="X_range"):
        plain.predict(X[:20])


def test_classes_may_stand_in_any_order(mnist, data_folder, tmp_path):
    command(
        "train", "--preset", "best", "--classes", "7,4,6", "--train-per-class", 100, "--validation-per-class", 0,
        "--test-per-class", 50, "--device", "cpu", "--data", data_folder, "--out", tmp_path / "run", "--quiet",
    )  # fmt: skip
    model = SpikeClassifier.load(tmp_path / "run" / "checkpoint.safetensors", device="cpu")
    assert model.classes_.tolist() == [4, 6, 7]
    assert model.labels_[[0, 10, 20]].tolist() == [7, 4, 6]
    some = np.isin(mnist.y_test, [4, 6, 7])
    X, y = mnist.X_test[some][:300], mnist.y_test[some][:300]
    assert model.score(X, y) > 0.8 and abs(model.recognised_score(X, y) - model.score(X, y)) < 0.1
    with pytest.raises(ValueError, match="SpikeClassifier"):
        DiehlCook.load(tmp_path / "run" / "checkpoint.safetensors")


def test_threads_change_nothing(digits):
    X, y = digits
    fits = [
        SpikeClassifier("best", batch=16, device="cpu", threads=threads).fit(X[:200], y[:200]).weights_
        for threads in (1, 2)
    ]
    assert (fits[0] == fits[1]).all()
