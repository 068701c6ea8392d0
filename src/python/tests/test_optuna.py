"""A search by Optuna in two processes at once, of which one is killed: the other takes its trial up again."""

import signal
import subprocess
import sys
import textwrap
import time

import pytest

optuna = pytest.importorskip("optuna")

WORKER = """
    import os, signal, sys, time
    import optuna
    from optuna.storages import RDBStorage, RetryFailedTrialCallback
    from optuna.study import MaxTrialsCallback
    from optuna.trial import TrialState
    from sklearn.datasets import load_digits
    from spikeprune import SpikeClassifier

    path, wanted, others_death = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    dies = not others_death
    X, y = load_digits(return_X_y=True)
    storage = RDBStorage(
        f"sqlite:///{path}", heartbeat_interval=1, grace_period=2, failed_trial_callback=RetryFailedTrialCallback()
    )

    def objective(trial):
        rate = trial.suggest_float("a_pre", 0.003, 0.03, log=True)
        while not dies and not os.path.exists(others_death):
            time.sleep(0.1)

        def report(told):
            for row in told.metrics:
                trial.report(row["validation_accuracy"], row["images"])
                if dies:
                    os.kill(os.getpid(), signal.SIGKILL)

        model = SpikeClassifier(
            "best", set={"learning.a_pre": rate, "job.metrics_every": 200}, device="cpu", threads=1, progress=report
        )
        model.fit(X[:600], y[:600], validation=(X[600:700], y[600:700]))
        return model.metrics_[-1]["validation_accuracy"]

    study = optuna.load_study(study_name="digits", storage=storage)
    study.optimize(objective, callbacks=[MaxTrialsCallback(wanted, states=(TrialState.COMPLETE,))])
"""


@pytest.mark.filterwarnings("ignore")
def test_a_process_that_dies_loses_no_trial(tmp_path):
    path, wanted = tmp_path / "study.db", 4
    study = optuna.create_study(study_name="digits", storage=f"sqlite:///{path}", direction="maximize")
    work = [sys.executable, "-W", "ignore", "-c", textwrap.dedent(WORKER), str(path), str(wanted)]
    death = tmp_path / "death"
    with (
        subprocess.Popen([*work, str(death)], stderr=subprocess.PIPE, text=True) as lives,
        subprocess.Popen([*work, ""], stderr=subprocess.DEVNULL) as dies,
    ):
        try:
            assert dies.wait(120) == -signal.SIGKILL
            # Each has begun a trial.
            for _ in range(600):
                begun = study.get_trials(deepcopy=False)
                if len(begun) == 2:
                    break
                time.sleep(0.1)
            assert [trial.state for trial in begun] == 2 * [optuna.trial.TrialState.RUNNING]
            # The grace period, after which it counts as dead.
            time.sleep(4)
            death.touch()
            _, errors = lives.communicate(timeout=240)
        finally:
            lives.kill()
    assert lives.returncode == 0, errors
    trials = study.get_trials(deepcopy=False)
    complete = [trial for trial in trials if trial.state == optuna.trial.TrialState.COMPLETE]
    assert len(complete) == wanted
    # The same parameters once more, in the place of those of the one that failed.
    [failed] = [trial for trial in trials if trial.state == optuna.trial.TrialState.FAIL]
    assert failed.intermediate_values and len(trials) == wanted + 1
    assert failed.params in [trial.params for trial in complete]
    assert all(trial.value > 0.2 for trial in complete)
