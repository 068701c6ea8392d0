"""Signals, threads, forks and progress."""

import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time

import numpy as np
import pytest

from spikeprune import DiehlCook, SpikeClassifier

SMALL = {"device": "cpu", "threads": 1}

INTERRUPTED = """
    import os, signal, sys, time
    import numpy as np
    from sklearn.datasets import load_digits
    from sklearn.exceptions import NotFittedError
    from spikeprune import DiehlCook, SpikeClassifier

    X, y = load_digits(return_X_y=True)
    model = {model}
    sent = []

    def interrupt(told):
        if told.images >= {after} and not sent:
            sent.append(time.perf_counter())
            os.kill(os.getpid(), signal.SIGINT)

    try:
        model.set_params(progress=interrupt).fit(X, y)
    except KeyboardInterrupt:
        print(f"ended {time.perf_counter() - sent[0]:.2f} s after the signal")
    else:
        sys.exit("the training was not interrupted")
    try:
        model.predict(X[:2])
    except NotFittedError as error:
        assert "resume" in str(error), error
    else:
        sys.exit("half a training answers")
    model.set_params(progress=None).fit(X, y, resume=True)
    np.save(sys.argv[1], model.weights_)
    np.save(sys.argv[2], model.predict(X[:100]))
"""


@pytest.mark.parametrize(
    ("model", "after"),
    [
        ('SpikeClassifier("best", epochs=4, device="cpu", threads=1)', 200),
        # After the last image, while neurons are labelled, which takes long where images are shown again and again.
        ('DiehlCook(100, epochs=1, device="cpu", threads=1, set={"input.least_spikes": 500})', 1797),
    ],
)
def test_ctrl_c_leaves_a_training_that_goes_on_with_the_same_bits(model, after, tmp_path, digits):
    script = textwrap.dedent(INTERRUPTED.replace("{model}", model).replace("{after}", str(after)))
    files = [tmp_path / "weights.npy", tmp_path / "answers.npy"]
    ran = subprocess.run([sys.executable, "-c", script, *files], capture_output=True, text=True, timeout=240)
    assert ran.returncode == 0, ran.stderr
    X, y = digits[0].reshape(-1, 64), digits[1]
    whole = eval(model).fit(X, y)  # noqa: S307
    assert (np.load(files[0]) == whole.weights_).all()
    assert (np.load(files[1]) == whole.predict(X[:100])).all()


def test_other_threads_run_while_networks_do(digits):
    X, y = digits
    counted, ended = 0, threading.Event()

    def count():
        nonlocal counted
        while not ended.is_set():
            counted += 1
            time.sleep(0.001)

    counter = threading.Thread(target=count)
    counter.start()
    SpikeClassifier("best", epochs=3, **SMALL).fit(X, y)
    during = counted
    ended.set()
    counter.join()
    assert during > 20


def test_progress_is_told_and_may_end_it(digits):
    X, y = digits
    told = []
    model = SpikeClassifier("best", epochs=4, progress=told.append, set={"job.metrics_every": 400}, **SMALL)
    model.fit(X[:300], y[:300])
    assert told[-1].images == told[-1].of == 1200
    assert [row["images"] for step in told for row in step.metrics] == [row["images"] for row in model.metrics_]

    class Enough(Exception):
        pass

    def end(step):
        raise Enough

    with pytest.raises(Enough):
        model.set_params(progress=end).fit(X, y)
    weights = model.set_params(progress=None).fit(X, y, resume=True).weights_
    assert (weights == model.fit(X, y).weights_).all()
    with pytest.raises(ValueError, match="data"):
        model.fit(X[:50], y[:50], resume=True)


def test_it_prints_nothing(digits, capfd):
    X, y = digits
    SpikeClassifier("best", **SMALL).fit(X[:100], y[:100]).predict(X[:10])
    assert capfd.readouterr() == ("", "")


def _answers(model, X, answers):
    answers.put((os.getpid(), model.spike_counts(X).tolist()))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("method", [method for method in ("fork", "spawn") if hasattr(signal, "SIGKILL")])
def test_a_process_beside_it_answers_the_same(method, digits):
    X, y = digits
    model = SpikeClassifier("best", device="cpu", threads=2).fit(X[:200], y[:200])
    context = multiprocessing.get_context(method)
    answers = context.Queue()
    process = context.Process(target=_answers, args=(model, X[:20], answers))
    process.start()
    pid, counts = answers.get(timeout=60)
    process.join(60)
    assert pid != os.getpid()
    assert counts == model.spike_counts(X[:20]).tolist()
