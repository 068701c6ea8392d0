"""A search by Optuna in two processes, of which one is killed: its trial is taken up again, and none is lost."""

import subprocess
import sys
import textwrap
import time

import pytest

optuna = pytest.importorskip("optuna")

WORKER = """
    import os, sys
    import optuna
    from optuna.storages import RDBStorage, RetryFailedTrialCallback
    from optuna.study import MaxTrialsCallback
    from optuna.trial import TrialState
    from sklearn.datasets import load_digits
    from spikeprune import SpikeClassifier

    path, wanted, dies = sys.argv[1], int(sys.argv[2]), sys.argv[3] == "dies"
    X, y = load_digits(return_X_y=True)
    storage = RDBStorage(
        f"sqlite:///{path}", heartbeat_interval=1, grace_period=2, failed_trial_callback=RetryFailedTrialCallback()
    )

    def objective(trial):
        rate = trial.suggest_float("a_pre", 0.003, 0.03, log=True)

        def report(told):
            for row in told.metrics:
                trial.report(row["validation_accuracy"], row["images"])
                if dies:
                    os._exit(9)

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
    # What a process that died has begun, before another one comes.
    work = [sys.executable, "-W", "ignore", "-c", textwrap.dedent(WORKER), str(path), str(wanted)]
    assert subprocess.run([*work, "dies"], timeout=120).returncode == 9
    [begun] = study.get_trials(deepcopy=False)
    assert begun.state == optuna.trial.TrialState.RUNNING and begun.intermediate_values
    # The grace period, after which it counts as dead.
    time.sleep(4)
    other = subprocess.run([*work, "lives"], capture_output=True, text=True, timeout=240)
    assert other.returncode == 0, other.stderr
    trials = study.get_trials(deepcopy=False)
    complete = [trial for trial in trials if trial.state == optuna.trial.TrialState.COMPLETE]
    assert len(complete) == wanted
    # The same parameters once more, in the place of the one that failed.
    assert trials[0].state == optuna.trial.TrialState.FAIL
    assert begun.params in [trial.params for trial in complete]
    assert all(trial.value > 0.2 for trial in complete)
