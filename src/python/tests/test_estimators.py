"""The estimators as scikit-learn wants them, and as their own documentation says."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from spikeprune import DiehlCook, SpikeClassifier, fit_many

SMALL = {"device": "cpu", "threads": 1}


# The one exception is a tag: no accuracy is expected on two features of any sign (poor_score).
@parametrize_with_checks([SpikeClassifier(**SMALL), DiehlCook(30, epochs=1, **SMALL)])
def test_scikit_learn(estimator, check):
    check(estimator)


@pytest.fixture(scope="module")
def fitted(digits):
    X, y = digits
    return SpikeClassifier("best", neurons_per_class=5, **SMALL).fit(X[:600], y[:600])


def test_a_classifier_learns(fitted, digits):
    X, y = digits
    assert fitted.score(X[600:], y[600:]) > 0.6
    assert fitted.weights_.shape == (64, 50)
    assert (fitted.labels_ == np.repeat(np.arange(10), 5)).all()
    assert fitted.thresholds_.shape == (50,)
    assert fitted.metrics_[-1]["images"] == fitted.params_["job"]["epochs"] * 600
    assert fitted.image_shape_ == (8, 8, 1)
    assert fitted.X_range_ == (0.0, 16.0)


def test_neurons_without_groups_are_labelled_by_y(digits):
    X, y = digits
    model = DiehlCook(60, epochs=1, **SMALL).fit(X[:1000], y[:1000])
    assert model.score(X[1000:], y[1000:]) > 0.3
    silent = [label is None for label in model.labels_]
    assert len(silent) == 60 and not all(silent)


def test_an_image_evokes_the_same_in_any_company(fitted, digits):
    X, _ = digits
    order = np.random.default_rng(0).permutation(50)
    assert (fitted.spike_counts(X[order]) == fitted.spike_counts(X[:50])[order]).all()
    assert (fitted.spike_counts(X[:50])[7] == fitted.spike_counts(X[7:8])[0]).all()


def test_shapes_and_dtypes_say_the_same(fitted, digits):
    X, _ = digits
    counts = fitted.spike_counts(X[:20])
    for same in (X[:20].reshape(20, 64), X[:20, :, :, None], X[:20].astype(np.float32), X[:20].astype(np.int64)):
        assert (fitted.spike_counts(same) == counts).all()
    # As from a file or a network: not aligned, not in one piece, not to be written.
    odd = np.frombuffer(b"-" + X[:20].tobytes(), np.uint8)[1:].view(np.float64).reshape(20, 8, 8)
    assert not odd.flags.aligned and not odd.flags.writeable
    wide = np.repeat(X[:20], 2, axis=0)[::2]
    for same in (odd, wide, np.asfortranarray(X[:20])):
        assert (fitted.spike_counts(same) == counts).all()
    shown = np.rint(X[:20] / 16 * 255).astype(np.uint8)
    model = SpikeClassifier("best", neurons_per_class=5, X_range=(0, 255), **SMALL)
    model.fit(np.rint(X[:600] / 16 * 255).astype(np.uint8), digits[1][:600])
    assert (model.spike_counts(shown) == counts).all()
    with pytest.raises(ValueError, match="features"):
        fitted.predict(X[:5, :4])
    with pytest.raises(ValueError, match="images of"):
        fitted.predict(X[:5].reshape(5, 4, 16))


def test_answers_follow_the_votes(fitted, digits):
    X, y = digits
    votes = fitted.decision_function(X[:200])
    assert (fitted.predict(X[:200]) == fitted.classes_[votes.argmax(axis=1)]).all()
    counts = fitted.spike_counts(X[:200]).reshape(200, 10, 5).sum(axis=2)
    assert (votes == counts).all()
    dark = np.zeros((2, 8, 8))
    assert (fitted.predict(dark) == 0).all()
    quiet = clone(fitted).set_params(no_answer=-1).fit(X[:600], y[:600])
    assert (quiet.predict(dark) == -1).all()
    assert quiet.predict(X[:20]).dtype.kind == "i"


def test_labels_may_be_anything(digits):
    X, y = digits
    of = {0: "zero", 1: "one"}
    few = y < 2
    names = np.array([of[label] for label in y[few]])
    model = SpikeClassifier("best", **SMALL).fit(X[few], names)
    assert set(model.predict(X[few][:20])) <= {"one", "zero"}
    assert model.score(X[few], names) > 0.9
    assert model.decision_function(X[few]).shape == (few.sum(),)
    assert model.params_["network"]["names"] == ["one", "zero"]
    odd = SpikeClassifier("best", **SMALL).fit(X[few], y[few] * 1000 - 500)
    assert (odd.predict(X[few]) == np.where(model.predict(X[few]) == "zero", -500, 500)).mean() > 0.9


def test_a_pickle_is_the_same_network(fitted, digits):
    X, _ = digits
    again = pickle.loads(pickle.dumps(fitted))
    assert (again.weights_ == fitted.weights_).all()
    assert (again.spike_counts(X[:50]) == fitted.spike_counts(X[:50])).all()
    assert again.get_params() == fitted.get_params()


def test_many_are_fitted_as_each_alone(digits):
    X, y = digits
    def models():
        own = [{"learning.a_pre": rate} for rate in (0.01, 0.02)]
        seeds = [SpikeClassifier("best", seed=seed, **SMALL) for seed in (1, 2)]
        return seeds + [SpikeClassifier("best", set=of, **SMALL) for of in own] + [
            SpikeClassifier("best", neurons_per_class=3, **SMALL)
        ]
    together = fit_many(models(), X[:200], y[:200])
    for one, alone in zip(together, models()):
        assert (one.weights_ == alone.fit(X[:200], y[:200]).weights_).all()
    with pytest.raises(ValueError, match="twice"):
        fit_many([together[0]] * 2, X[:20], y[:20])


def test_validation_images_are_measured_and_not_learned(digits):
    X, y = digits
    plain = SpikeClassifier("best", **SMALL).fit(X[:300], y[:300])
    often = SpikeClassifier("best", set={"job.metrics_every": 100}, **SMALL)
    often.fit(X[:300], y[:300], validation=(X[300:400], y[300:400]))
    assert (plain.weights_ == often.weights_).all()
    assert [row["images"] for row in often.metrics_] == list(range(100, 100 * len(often.metrics_) + 1, 100))
    assert often.metrics_[-1]["validation_accuracy"] > 0.4
    with pytest.raises(ValueError, match="validation"):
        often.fit(X[:300], y[:300], validation=(X[:2], [1, 77]))
    for odd in (0.2, X[:10], (X[:2], y[:2], y[:2])):
        with pytest.raises(ValueError, match="images and their labels"):
            often.fit(X[:300], y[:300], validation=odd)


def test_presets_and_config_count_where_arguments_are_none(digits):
    X, y = digits[0][:60].tolist(), digits[1][:60]
    assert SpikeClassifier("ten-class-large", epochs=1, **SMALL).fit(X, y).weights_.shape[1] == 500
    config = "[network.groups]\nneurons_per_class = 3\n[job]\nseed = 7\nepochs = 2"
    model = SpikeClassifier("best", config=config, set={"pruning": {"k": 2.0}}, **SMALL).fit(X, y)
    job = model.params_["job"]
    assert (model.weights_.shape[1], job["seed"], job["epochs"]) == (30, 7, 2)
    assert model.params_["pruning"]["k"] == 2.0


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"preset": "no-such"}, "no-such"),
        ({"set": {"learning.a_pree": 1}}, "a_pree"),
        ({"set": {"job.replicas": 3}}, "fit_many"),
        ({"set": {"time.dt_ms": -1}}, "time.dt_ms"),
        ({"rule": "2 +"}, "2 \\+"),
        ({"X_range": (3, 3)}, "X_range"),
        ({"X_range": "wide"}, "X_range"),
        ({"image_shape": (4, 4)}, "image_shape"),
        ({"device": "gpu:77"}, "gpu"),
        ({"threads": 10**9}, "threads"),
        ({"progress": 3}, "progress"),
        ({"set": {"network.classes": [1, 0]}}, "classes are those of y"),
        ({"preset": "diehl-cook"}, "DiehlCook"),
    ],
)
def test_errors_say_what_was_wrong(wrong, said, digits):
    X, y = digits
    with pytest.raises(ValueError, match=said):
        SpikeClassifier(**{"preset": "best", **SMALL, **wrong}).fit(X[:50], y[:50])


def test_what_was_not_fitted_says_so(digits):
    X, y = digits
    model = SpikeClassifier()
    for use in (model.predict, model.spike_counts, model.transform):
        with pytest.raises(NotFittedError):
            use(X)
    for attribute in ("weights_", "metrics_", "params_", "device_", "labels_"):
        with pytest.raises(NotFittedError):
            getattr(model, attribute)
    with pytest.raises(NotFittedError, match="resume"):
        model.fit(X, y, resume=True)


def test_it_fits_into_pipelines_and_processes(digits):
    X, y = digits[0].reshape(-1, 64)[:300], digits[1][:300]
    model = make_pipeline(MinMaxScaler(), SpikeClassifier("best", epochs=2, **SMALL))
    alone, beside = (cross_val_score(model, X, y, cv=3, n_jobs=jobs) for jobs in (1, 2))
    assert (alone == beside).all() and alone.mean() > 0.4
