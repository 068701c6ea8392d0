"""What the classifiers share: images in, networks behind them, answers out."""

from __future__ import annotations

import hashlib
import json
import os
import tomllib
from collections.abc import Mapping
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.exceptions import NotFittedError
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import validate_data

from spikeprune import _native, params
from spikeprune.images import Shape, intensities, learned_range, shape_of
from spikeprune.params import _toml
from spikeprune.progress import Asked, listening

__all__ = ["Spiking"]

_MOST_CLASSES = 256


class _Shown(NamedTuple):
    """Images as they are shown, and their labels: those to train on, then those to validate with."""

    arrays: tuple[NDArray[np.uint8], NDArray[np.uint8], Shape, list[str]]
    digest: str


class Spiking(ClassNamePrefixFeaturesOutMixin, TransformerMixin, ClassifierMixin, BaseEstimator):
    """What both classifiers share."""

    preset: str
    seed: int | None
    device: str
    threads: int
    epochs: int | None
    rule: str | None
    set: Mapping[str, Any] | None
    config: str
    X_range: str | tuple[float, float]
    image_shape: tuple[int, ...] | None
    no_answer: Any
    progress: Asked

    # How neurons vote, and the estimator for presets where they vote otherwise.
    _vote: tuple[str, str]

    # The keys that an estimator's own arguments set, and their values.
    def _settings(self) -> dict[str, Any]:
        raise NotImplementedError

    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        *,
        validation: tuple[ArrayLike, ArrayLike] | None = None,
        resume: bool = False,
    ) -> Self:
        """Trains a new network.

        Parameters
        ----------
        X : array [n, height, width], [n, height, width, channels] or [n, features]
            Bytes, or numbers whose range ``X_range`` says; what is great is bright.
        y : array [n]
            Labels, of any type.
        validation : (X, y), optional
            Images that are never trained on: ``metrics_`` has the accuracy on them, at the end and as often as
            ``job.metrics_every`` says.
        resume : bool
            Goes on with a training of the same data that Ctrl-C stopped; it ends with the same bits.

        Ctrl-C ends the training within a second and raises KeyboardInterrupt.
        """
        data = self._begin(X, y, validation=validation, resume=resume)
        with listening(self.progress, "training") as progress:
            _native.train([self._networks], data.arrays, progress, 0)
        return self

    def _begin(
        self,
        X: ArrayLike,
        y: ArrayLike,
        *,
        validation: tuple[ArrayLike, ArrayLike] | None = None,
        resume: bool = False,
    ) -> _Shown:
        """Networks that are about to be trained, and what they will be shown."""
        X, y, shape = self._seen(X, y)
        limits = getattr(self, "X_range_", None) if resume else None
        limits = limits or learned_range(X, self.X_range)
        pixels = intensities(X, limits)
        classes, place = np.unique(y, return_inverse=True)
        images = len(pixels)
        if validation is not None:
            more, of = self._validated(validation, classes, shape, limits)
            pixels, place = np.concatenate([pixels, more]), np.concatenate([place, of])
        digest = _digest(pixels, place, shape)
        if resume:
            self._check_resumable(digest)
        else:
            labels, names = _labels_of(classes)
            networks = self._untrained(shape, labels, names, images, len(pixels) - images)
            self._networks, self._names, self._digest = networks, names, digest
            self._of_class = np.array(labels, np.uint8)
            self.classes_, self.X_range_, self.image_shape_ = classes, limits, shape
            self._columns = np.arange(len(classes))
        return _Shown((pixels, self._of_class[place], shape, self._names), digest)

    def _seen(self, X: Any, y: ArrayLike) -> tuple[NDArray[Any], NDArray[Any], Shape]:
        """Data to fit, checked, and the shape of the images."""
        X, shape = _flat(X, self.image_shape)
        X, y = validate_data(self, X, y, dtype="numeric")
        check_classification_targets(y)
        shape = shape or shape_of(X, self.image_shape)
        return _real(X), np.asarray(y), shape

    def _validated(
        self,
        validation: tuple[Any, ArrayLike],
        classes: NDArray[Any],
        shape: Shape,
        limits: tuple[float, float],
    ) -> tuple[NDArray[np.uint8], NDArray[np.intp]]:
        if not isinstance(validation, tuple) or len(validation) != 2:
            raise ValueError("validation must be images and their labels: (X, y)")
        X, y = validation
        flat, own = _flat(X, self.image_shape)
        flat = validate_data(self, flat, dtype="numeric", reset=False)
        _check_shape(own, shape)
        y = np.asarray(y)
        unknown = np.setdiff1d(y, classes)
        if len(y) != len(flat) or len(unknown):
            raise ValueError(
                f"validation has {len(flat)} images and {len(y)} labels, "
                f"of which {len(unknown)} are not among those to learn"
            )
        return intensities(_real(flat), limits), np.searchsorted(classes, y)

    def _untrained(
        self, shape: Shape, labels: list[int], names: list[str], images: int, validation: int
    ) -> _native.Networks:
        vote, other = self._vote
        if vote not in params.resolve(self.preset)["network"]:
            raise ValueError(f"neurons of the preset {self.preset!r} vote in another way: take {other}")
        own = {**self._settings(), "job.epochs": self.epochs, "job.seed": self.seed, "job.replicas": 1}
        own = {key: value for key, value in own.items() if value is not None}
        for key in self.set or {}:
            if key.startswith("network.classes") or key.startswith("network.names"):
                raise ValueError(f"set has {key}: the classes are those of y")
        toml = _toml(self.preset, set={**own, **(self.set or {})}, rule=self.rule, config=self.config)
        if tomllib.loads(toml)["job"]["replicas"] != 1:
            raise ValueError("job.replicas must be 1: fit_many trains many networks at once")
        toml = _native.fitted(toml, shape, labels, names, (images, validation))
        return _native.Networks(toml, self.device, self.threads)

    def _check_resumable(self, digest: str) -> None:
        if not hasattr(self, "_networks"):
            raise NotFittedError("there is no training to resume: call fit without resume")
        if digest != self._digest:
            raise ValueError("these are not the data of the training that was stopped: give the same X and y")

    def __sklearn_is_fitted__(self) -> bool:
        if not hasattr(self, "_networks"):
            return False
        seen, of = self._networks.presented()
        return seen == of and bool(self.metrics_)

    def _begun(self) -> _native.Networks:
        if not hasattr(self, "_networks"):
            raise NotFittedError(
                f"This {type(self).__name__} instance is not fitted yet. Call 'fit' with appropriate arguments "
                "before using this estimator."
            )
        return self._networks

    def _fitted(self) -> _native.Networks:
        networks = self._begun()
        if not self.__sklearn_is_fitted__():
            seen, of = networks.presented()
            raise NotFittedError(
                f"the training was stopped after {seen} of {of} images: fit(X, y, resume=True) goes on with it"
            )
        return networks

    def _shown(self, X: Any) -> NDArray[np.uint8]:
        """Images to answer, as they are shown."""
        X, own = _flat(X, self.image_shape)
        X = validate_data(self, X, dtype="numeric", reset=False)
        _check_shape(own, self.image_shape_)
        X = _real(X)
        if self.X_range_ is not None:
            return intensities(X, self.X_range_)
        if X.dtype != np.uint8 and X.size and not (0 <= X.min() and X.max() <= 1):
            raise ValueError(
                f"X lies in {X.min()} to {X.max()}, and a checkpoint does not say which values are dark and bright: give "
                "bytes, numbers from 0 to 1, or X_range to load"
            )
        return intensities(X, learned_range(X, "auto"))

    def spike_counts(self, X: ArrayLike) -> NDArray[np.uint16]:
        """Spikes of each neuron while each image is shown, [n, neurons].

        The input spikes are drawn by the seed and the image alone: an image evokes the same in any order and company.
        """
        networks = self._fitted()
        pixels = self._shown(X)
        with listening(self.progress, "testing") as progress:
            counts: NDArray[np.uint16] = networks.spike_counts(pixels, progress)[0]
            return counts

    def transform(self, X: ArrayLike) -> NDArray[np.float64]:
        """:meth:`spike_counts` as numbers that other estimators take, [n, neurons]."""
        return self.spike_counts(X).astype(np.float64)

    def _votes(self, X: ArrayLike) -> NDArray[np.float64]:
        """What each class gets, [n, classes]."""
        networks = self._fitted()
        pixels = self._shown(X)
        with listening(self.progress, "testing") as progress:
            return networks.votes(0, pixels, progress)[:, self._columns]

    def decision_function(self, X: ArrayLike) -> NDArray[np.float64]:
        """What each class gets, [n, classes]; of two classes the difference, [n].

        Spikes of the group of each class or, where neurons learned without labels, mean spikes of those with its label.
        """
        votes = self._votes(X)
        difference: NDArray[np.float64] = votes[:, 1] - votes[:, 0] if votes.shape[1] == 2 else votes
        return difference

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """The class of each image: the one that gets most.

        Where nothing fires, or several classes get most, it is the first of them; or ``no_answer`` if that is set.
        """
        votes = self._votes(X)
        place = votes.argmax(axis=1)
        answers: NDArray[Any] = self.classes_
        if self.no_answer is not None:
            most = votes.max(axis=1)
            clear = (most > 0) & ((votes == most[:, None]).sum(axis=1) == 1)
            place = np.where(clear, place, len(self.classes_))
            values = [*self.classes_.tolist(), self.no_answer]
            of_one_type = len({type(value) for value in values}) == 1
            answers = np.array(values, None if of_one_type else object)
        found: NDArray[Any] = answers[place]
        return found

    def recognised_score(self, X: ArrayLike, y: ArrayLike) -> float:
        """Accuracy as the command line counts it: silent and tied images are wrong, and input spikes are drawn by the place
        of an image in X, as they are by its place in a file."""
        networks = self._fitted()
        pixels, y = self._shown(X), np.asarray(y)
        known = np.isin(y, self.classes_)
        if len(y) != len(pixels) or not known.all():
            raise ValueError(f"{len(pixels)} images, {len(y)} labels, {int((~known).sum())} of them not learned")
        labels = self._of_class[np.searchsorted(self.classes_, y)]
        return float(json.loads(networks.test(pixels, labels))[0]["accuracy"])

    @property
    def weights_(self) -> NDArray[np.float32]:
        """Weights from inputs to neurons as a test uses them, [inputs, neurons]."""
        return self._fitted().weights(0)

    @property
    def thresholds_(self) -> NDArray[np.float32]:
        """Thresholds with which a test begins, in mV, [neurons]."""
        return self._fitted().thresholds(0)

    @property
    def labels_(self) -> NDArray[Any]:
        """The class of each neuron, [neurons]; None for one that answered nothing."""
        of = self._fitted().labels(0)
        labels = np.array([None, *self.classes_.tolist()], object)
        place = {int(label): index + 1 for index, label in enumerate(self._of_class)}
        named = labels[[place.get(int(label), 0) for label in of]]
        return named if (of < 0).any() else named.astype(self.classes_.dtype)

    @property
    def metrics_(self) -> list[dict[str, Any]]:
        """What was measured while it learned: a row at the end, and as often as ``job.metrics_every`` says."""
        rows: list[dict[str, Any]] = json.loads(self._begun().metrics(0))
        return rows

    @property
    def params_(self) -> dict[str, Any]:
        """All parameters of the network, as nested dictionaries."""
        return tomllib.loads(self._begun().params())

    @property
    def device_(self) -> str:
        """What the device is called on which the network runs."""
        return self._begun().device()

    @property
    def _n_features_out(self) -> int:
        return int(self.weights_.shape[1])

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes a checkpoint, which the command line's ``eval``, ``predict`` and ``heatmap`` read."""
        self._fitted().save(path)

    @classmethod
    def load(
        cls,
        path: str | os.PathLike[str],
        *,
        X_range: str | tuple[float, float] = "auto",
        device: str = "auto",
        threads: int = 0,
    ) -> Self:
        """A trained estimator from a checkpoint of one network, such as the command line writes.

        Its classes are labels, or the names that they have. A checkpoint does not hold ``X_range_``: with "auto" images to
        answer are bytes, or numbers from 0 to 1.
        """
        networks = _native.Networks.load(path, device, threads)
        if networks.replicas() != 1:
            raise ValueError(f"{path} holds {networks.replicas()} networks: Network.load takes one of them")
        found = tomllib.loads(networks.params())
        vote, other = cls._vote
        if vote not in found["network"]:
            raise ValueError(f"the neurons of {path} vote in another way: take {other}.load")
        own = {"seed": found["job"]["seed"], "X_range": X_range, "device": device, "threads": threads}
        model = cls(preset=found["preset"], **own)
        labels, names = found["network"]["classes"], found["network"]["names"]
        classes = np.array([names[label] for label in labels] if names else labels)
        order = np.argsort(classes)
        shape = tuple(found["input"][side] for side in ("height", "width", "channels"))
        model._networks, model._names, model._digest = networks, names, ""
        model._of_class, model._columns = np.array(labels, np.uint8)[order], order
        model.classes_, model.image_shape_ = classes[order], shape
        model.X_range_ = None if X_range == "auto" else learned_range(np.empty(0), X_range)
        model.n_features_in_ = int(np.prod(shape))
        return model

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = []
        tags.input_tags.three_d_array = True
        # Rates of spikes say little about two features of any sign: inputs excite, and the least value is silent.
        tags.classifier_tags.poor_score = True
        return tags


def _flat(X: Any, image_shape: tuple[int, ...] | None) -> tuple[Any, Shape | None]:
    """Images as rows of features, with their shape where the array itself says it."""
    if isinstance(X, (list, tuple)) and np.ndim(X) in (3, 4):
        X = np.asarray(X)
    if isinstance(X, np.ndarray) and X.ndim in (3, 4) and len(X):
        return X.reshape(len(X), -1), shape_of(X, image_shape)
    return X, None


def _check_shape(own: Shape | None, learned: Shape) -> None:
    if own is not None and own != learned:
        raise ValueError(f"images of {own} (height, width, channels): those that were learned are of {learned}")


def _real(X: NDArray[Any]) -> NDArray[Any]:
    if np.iscomplexobj(X):
        raise ValueError("Complex data not supported: intensities are real numbers")
    return X


def _labels_of(classes: NDArray[Any]) -> tuple[list[int], list[str]]:
    """Labels from 0 to 255 for the classes, and names where those are not their own."""
    if len(classes) > _MOST_CLASSES:
        raise ValueError(f"y has {len(classes)} classes: a network learns at most {_MOST_CLASSES}")
    whole = np.issubdtype(classes.dtype, np.integer)
    if whole and classes.min() >= 0 and classes.max() < _MOST_CLASSES:
        return [int(label) for label in classes], []
    return list(range(len(classes))), [str(label) for label in classes.tolist()]


def _digest(pixels: NDArray[np.uint8], place: NDArray[Any], shape: Shape) -> str:
    digest = hashlib.sha256(repr(shape).encode())
    digest.update(np.ascontiguousarray(place, np.int64).tobytes())
    digest.update(pixels.data)
    return digest.hexdigest()
