"""Classifiers with the habits of scikit-learn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from spikeprune.progress import Asked
from spikeprune.spiking import Spiking

__all__ = ["DiehlCook", "SpikeClassifier"]


class SpikeClassifier(Spiking):
    """A supervised spiking network: a group of neurons for each class learns by a local rule, unused weights may decay.

    Parameters
    ----------
    preset : str
        Parameters to start from: see :func:`spikeprune.presets`. Its classes and numbers of images do not act: both come
        from the data.
    neurons_per_class : int, optional
        Neurons in the group of each class. What is None here and below is as in ``config`` or the preset.
    epochs : int, optional
        Passes over the images.
    rule : str, optional
        A learning rule by its name, or the formula of one.
    pruning : str, optional
        When unused weights decay: "none", "continuous", "final" or "final-window".
    front_end : str, optional
        "pixels" or "oriented-edges".
    batch : int, optional
        Images learned from at once, on all cores or a GPU.
    seed : int, optional
        Fixes every result to the bit on one device; 1 in all presets.
    device : str
        "auto", "cpu", "gpu", "gpu:N", a PCI address or a part of a GPU's name.
    threads : int
        Threads of the CPU; 0 takes one for each core. Results do not depend on it.
    set : dict, optional
        Any parameter but the classes by its key: see :func:`spikeprune.params.explain`. It has the last word.
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
        neurons_per_class: int | None = None,
        epochs: int | None = None,
        rule: str | None = None,
        pruning: str | None = None,
        front_end: str | None = None,
        batch: int | None = None,
        seed: int | None = None,
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

    _vote = ("groups", "DiehlCook")

    def _settings(self) -> dict[str, Any]:
        return {
            "network.groups.neurons_per_class": self.neurons_per_class,
            "pruning.mode": self.pruning,
            "input.front_end": self.front_end,
            "learning.batch": self.batch,
        }


class DiehlCook(Spiking):
    """Diehl & Cook's network: neurons compete and learn without labels; afterwards ``y`` labels them.

    Parameters
    ----------
    neurons : int, optional
        Excitatory neurons; 100 in the preset.
    label_images : int, optional
        Training images by whose answers neurons are labelled, at most all.
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
        neurons: int | None = None,
        *,
        preset: str = "diehl-cook",
        label_images: int | None = None,
        epochs: int | None = None,
        rule: str | None = None,
        pruning: str | None = None,
        front_end: str | None = None,
        batch: int | None = None,
        seed: int | None = None,
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

    _vote = ("labels", "SpikeClassifier")

    def _settings(self) -> dict[str, Any]:
        return {
            "network.labels.neurons": self.neurons,
            "network.labels.images": self.label_images,
            "pruning.mode": self.pruning,
            "input.front_end": self.front_end,
            "learning.batch": self.batch,
        }
