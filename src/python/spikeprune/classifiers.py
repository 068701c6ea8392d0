"""Classifiers with the habits of scikit-learn."""

from __future__ import annotations

import hashlib
import json
import os
import tomllib
from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.exceptions import NotFittedError
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import validate_data

from spikeprune import _native
from spikeprune.images import Shape, intensities, learned_range, shape_of
from spikeprune.params import _toml
from spikeprune.progress import Asked, listening

__all__ = ["DiehlCook", "SpikeClassifier"]

_MOST_CLASSES = 256


class _Spiking(ClassNamePrefixFeaturesOutMixin, TransformerMixin, ClassifierMixin, BaseEstimator):
    """What both classifiers share: images in, networks behind them, answers out."""

    preset: str
    seed: int
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
        with listening(self.progress, "training") as progress:
            _native.train([self._networks], pixels, self._of_class[place], shape, self._names, progress)
        return self

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
        own = {key: value for key, value in self._settings().items() if value is not None}
        own |= {"job.epochs": self.epochs} if self.epochs is not None else {}
        own |= {"job.seed": self.seed, "job.replicas": 1, **(self.set or {})}
        toml = _toml(self.preset, set=own, rule=self.rule, config=self.config)
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

    def _fitted(self) -> _native.Networks:
        if not hasattr(self, "_networks"):
            raise NotFittedError(
                f"This {type(self).__name__} instance is not fitted yet. Call 'fit' with appropriate arguments "
                "before using this estimator."
            )
        seen, of = self._networks.presented()
        if not self.__sklearn_is_fitted__():
            raise NotFittedError(
                f"the training was stopped after {seen} of {of} images: fit(X, y, resume=True) goes on with it"
            )
        return self._networks

    def _shown(self, X: Any) -> NDArray[np.uint8]:
        """Images to answer, as they are shown."""
        X, own = _flat(X, self.image_shape)
        X = validate_data(self, X, dtype="numeric", reset=False)
        _check_shape(own, self.image_shape_)
        return intensities(_real(X), self.X_range_)

    def spike_counts(self, X: ArrayLike) -> NDArray[np.uint16]:
        """Spikes of each neuron while each image is shown, [n, neurons].

        The input spikes are drawn by the seed and the image alone: an image evokes the same in any order and company.
        """
        networks = self._fitted()
        pixels = self._shown(X)
        with listening(self.progress, "testing") as progress:
            return networks.spike_counts(pixels, progress)[0]

    def transform(self, X: ArrayLike) -> NDArray[np.float64]:
        """:meth:`spike_counts` as numbers that other estimators take, [n, neurons]."""
        return self.spike_counts(X).astype(np.float64)

    def _votes(self, X: ArrayLike) -> NDArray[np.float64]:
        """What each class gets, [n, classes]."""
        networks = self._fitted()
        pixels = self._shown(X)
        with listening(self.progress, "testing") as progress:
            return networks.votes(0, pixels, progress)

    def decision_function(self, X: ArrayLike) -> NDArray[np.float64]:
        """What each class gets, [n, classes]; of two classes the difference, [n].

        Spikes of the group of each class or, where neurons learned without labels, mean spikes of those with its label.
        """
        votes = self._votes(X)
        return votes[:, 1] - votes[:, 0] if votes.shape[1] == 2 else votes

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """The class of each image: the one that gets most.

        Where nothing fires, or several classes get most, it is the first of them; or ``no_answer`` if that is set.
        """
        votes = self._votes(X)
        place = votes.argmax(axis=1)
        if self.no_answer is None:
            return self.classes_[place]
        most = votes.max(axis=1)
        clear = (most > 0) & ((votes == most[:, None]).sum(axis=1) == 1)
        answers = np.append(self.classes_.astype(object), self.no_answer)
        answers = np.array(answers.tolist()) if type(self.no_answer) in map(type, self.classes_.tolist()) else answers
        return answers[np.where(clear, place, len(self.classes_))]

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
        rows: list[dict[str, Any]] = json.loads(self._networks.metrics(0))
        return rows

    @property
    def params_(self) -> dict[str, Any]:
        """All parameters of the network, as nested dictionaries."""
        return tomllib.loads(self._networks.params())

    @property
    def device_(self) -> str:
        """What the device is called on which the network runs."""
        return self._networks.device()

    @property
    def _n_features_out(self) -> int:
        return int(self.weights_.shape[1])

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes a checkpoint, which the command line's ``eval``, ``predict`` and ``heatmap`` read."""
        self._fitted().save(path)

    @classmethod
    def load(cls, path: str | os.PathLike[str], *, device: str = "auto", threads: int = 0) -> Self:
        """A trained estimator from a checkpoint, such as the command line writes, of one network.

        Its classes are labels, or the names that they have. Images to answer are bytes, or numbers from 0 to 1.
        """
        networks = _native.Networks.load(path, device, threads)
        if networks.replicas() != 1:
            raise ValueError(f"{path} holds {networks.replicas()} networks: Network.load takes one of them")
        params = tomllib.loads(networks.params())
        model = cls(preset=params["preset"], seed=params["job"]["seed"], device=device, threads=threads)
        labels = params["network"]["classes"]
        names = params["network"]["names"]
        classes = np.array([names[label] for label in labels] if names else labels)
        order = np.argsort(classes)
        if not (order == np.arange(len(order))).all():
            raise ValueError(f"the classes of {path} are not in order: Network.load takes it")
        shape = tuple(params["input"][side] for side in ("height", "width", "channels"))
        model._networks, model._names, model._digest = networks, names, ""
        model._of_class = np.array(labels, np.uint8)
        model.classes_, model.X_range_, model.image_shape_ = classes, (0.0, 255.0), shape
        model.n_features_in_ = int(np.prod(shape))
        return model

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = []
        tags.input_tags.three_d_array = True
        return tags


class SpikeClassifier(_Spiking):
    """A supervised spiking network: a group of neurons for each class learns by a local rule, unused weights may decay.

    Parameters
    ----------
    preset : str
        Parameters to start from: see :func:`spikeprune.presets`. Its classes and numbers of images do not act: both come
        from the data.
    neurons_per_class : int
        Neurons in the group of each class.
    epochs : int, optional
        Passes over the images; that of the preset if None.
    rule : str, optional
        A learning rule by its name, or the formula of one.
    pruning : str, optional
        When unused weights decay: "none", "continuous" or "final-window".
    front_end : str, optional
        "pixels" or "oriented-edges".
    batch : int, optional
        Images learned from at once, on all cores or a GPU.
    seed : int
        Fixes every result to the bit on one device.
    device : str
        "auto", "cpu", "gpu", "gpu:N", a PCI address or a part of a GPU's name.
    threads : int
        Threads of the CPU; 0 takes one for each core. Results do not depend on it.
    set : dict, optional
        Any parameter by its key: see :func:`spikeprune.params.explain`. It has the last word.
    config : str
        TOML laid over the preset.
    X_range : "auto" or (low, high)
        Values that are shown dark and bright. "auto" learns them in fit: 0 and 255 for bytes, 0 and 1 for what lies
        between, else 0 (or the least value, where that is below) and the greatest value.
    image_shape : tuple, optional
        (height, width) or (height, width, channels) of images that come as features. Without it a square number of
        features, from 64 on, is a square image, any other a row.
    no_answer : optional
        What ``predict`` says where no class is ahead; the first class of those ahead if None.
    progress : optional
        None for silence, "auto" for a bar of tqdm, or a function of :class:`spikeprune.progress.Told`.

    Attributes
    ----------
    classes_, n_features_in_ : as ever
    weights_ : array [inputs, neurons]
    labels_ : array [neurons], the class of each neuron
    thresholds_ : array [neurons], mV
    metrics_ : list of dict
    params_ : dict, all parameters
    X_range_, image_shape_ : what was learned of X
    device_ : str

    ``partial_fit`` is left out on purpose: the order of the images, what decays at the end and how steps shrink follow
    from the whole training, so that parts of it would not add up to ``fit``.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from spikeprune import SpikeClassifier
    >>> X, y = load_digits(return_X_y=True)
    >>> model = SpikeClassifier(preset="best", neurons_per_class=5, seed=2).fit(X[:1000], y[:1000])
    >>> model.score(X[1000:], y[1000:]) > 0.5
    True
    >>> model.spike_counts(X[:3]).shape
    (3, 50)
    """

    def __init__(
        self,
        preset: str = "ten-class",
        *,
        neurons_per_class: int = 10,
        epochs: int | None = None,
        rule: str | None = None,
        pruning: str | None = None,
        front_end: str | None = None,
        batch: int | None = None,
        seed: int = 1,
        device: str = "auto",
        threads: int = 0,
        set: Mapping[str, Any] | None = None,
        config: str = "",
        X_range: str | tuple[float, float] = "auto",
        image_shape: tuple[int, ...] | None = None,
        no_answer: Any = None,
        progress: Asked = None,
    ) -> None:
        self.preset = preset
        self.neurons_per_class = neurons_per_class
        self.epochs = epochs
        self.rule = rule
        self.pruning = pruning
        self.front_end = front_end
        self.batch = batch
        self.seed = seed
        self.device = device
        self.threads = threads
        self.set = set
        self.config = config
        self.X_range = X_range
        self.image_shape = image_shape
        self.no_answer = no_answer
        self.progress = progress

    def _settings(self) -> dict[str, Any]:
        return {
            "network.groups.neurons_per_class": self.neurons_per_class,
            "pruning.mode": self.pruning,
            "input.front_end": self.front_end,
            "learning.batch": self.batch,
        }


class DiehlCook(_Spiking):
    """Diehl & Cook's network: neurons compete and learn without labels; afterwards ``y`` labels them.

    Parameters
    ----------
    neurons : int
        Excitatory neurons.
    label_images : int, optional
        Training images by whose answers neurons are labelled, at most all; that of the preset if None.
    epochs, rule, pruning, front_end, batch, seed, device, threads, set, config, X_range, image_shape, no_answer, progress
        As in :class:`SpikeClassifier`.
    preset : str
        Parameters to start from, those of a network without groups.

    The attributes are those of :class:`SpikeClassifier`.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from spikeprune import DiehlCook
    >>> X, y = load_digits(return_X_y=True)
    >>> DiehlCook(neurons=20, epochs=1).fit(X[:200], y[:200]).labels_.shape
    (20,)
    """

    def __init__(
        self,
        neurons: int = 100,
        *,
        preset: str = "diehl-cook",
        label_images: int | None = None,
        epochs: int | None = None,
        rule: str | None = None,
        pruning: str | None = None,
        front_end: str | None = None,
        batch: int | None = None,
        seed: int = 1,
        device: str = "auto",
        threads: int = 0,
        set: Mapping[str, Any] | None = None,
        config: str = "",
        X_range: str | tuple[float, float] = "auto",
        image_shape: tuple[int, ...] | None = None,
        no_answer: Any = None,
        progress: Asked = None,
    ) -> None:
        self.neurons = neurons
        self.preset = preset
        self.label_images = label_images
        self.epochs = epochs
        self.rule = rule
        self.pruning = pruning
        self.front_end = front_end
        self.batch = batch
        self.seed = seed
        self.device = device
        self.threads = threads
        self.set = set
        self.config = config
        self.X_range = X_range
        self.image_shape = image_shape
        self.no_answer = no_answer
        self.progress = progress

    def _settings(self) -> dict[str, Any]:
        return {
            "network.labels.neurons": self.neurons,
            "network.labels.images": self.label_images,
            "pruning.mode": self.pruning,
            "input.front_end": self.front_end,
            "learning.batch": self.batch,
        }


def _flat(X: Any, image_shape: tuple[int, ...] | None) -> tuple[Any, Shape | None]:
    """Images as rows of features, with their shape where the array itself says it."""
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
    digest.update(pixels)
    return digest.hexdigest()
