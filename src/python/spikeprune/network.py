"""One network to look into."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spikeprune import _native
from spikeprune.images import Shape, intensities, learned_range
from spikeprune.params import _toml
from spikeprune.progress import Asked, listening
from spikeprune.recording import Recording
from spikeprune.spiking import Spiking

__all__ = ["History", "Network"]


class History(NamedTuple):
    """Weights while a network learns."""

    images: NDArray[np.intp]
    """Training images seen, [snapshots]."""
    weights: NDArray[np.float32]
    """[snapshots, inputs, neurons]."""


class Network:
    """One network of a preset: shown images or spikes, it is recorded; taught images, it learns.

    Parameters
    ----------
    preset, set, rule, config, seed, device, threads
        As in :class:`spikeprune.SpikeClassifier`.
    image_shape : tuple, optional
        (height, width) or (height, width, channels) of its images; 28 x 28 if None.
    classes : sequence of int, optional
        Labels from 0 to 255 that it learns, in the order of their groups; those of the preset if None.

    Images are arrays of that shape, or of as many pixels: bytes, or numbers from 0 to 1.

    Examples
    --------
    >>> import numpy as np
    >>> from spikeprune import Network
    >>> network = Network("paper", seed=3)
    >>> recording = network.present(np.full((28, 28), 40, np.uint8), watch=[0])
    >>> recording.v_e_mv.shape  # steps, watched neurons
    (700, 1)
    """

    def __init__(
        self,
        preset: str = "paper",
        *,
        image_shape: tuple[int, ...] | None = None,
        classes: Sequence[int] | None = None,
        seed: int = 1,
        rule: str | None = None,
        set: Mapping[str, Any] | None = None,
        config: str = "",
        device: str = "auto",
        threads: int = 0,
    ) -> None:
        own: dict[str, Any] = {"job.seed": seed, "job.replicas": 1}
        if image_shape is not None:
            height, width, channels = (*image_shape, 1)[:3]
            own |= {"input.height": height, "input.width": width, "input.channels": channels}
        if classes is not None:
            own["network.classes"] = [int(label) for label in classes]
        toml = _toml(preset, set={**own, **(set or {})}, rule=rule, config=config)
        self._made(_native.Networks(toml, device, threads), 0, device, threads)

    def _made(self, networks: _native.Networks, replica: int, device: str, threads: int) -> None:
        if not 0 <= replica < networks.replicas():
            raise ValueError(f"there is no replica {replica}: there are {networks.replicas()}")
        self._networks, self._replica = networks, replica
        self._device = (device, threads)
        self._range: tuple[float, float] | None = None

    @classmethod
    def load(
        cls, path: str | os.PathLike[str], replica: int = 0, *, device: str = "auto", threads: int = 0
    ) -> Self:
        """A network of a checkpoint, such as the command line writes."""
        network = cls.__new__(cls)
        network._made(_native.Networks.load(path, device, threads), replica, device, threads)
        return network

    @classmethod
    def of(cls, estimator: Spiking) -> Self:
        """The network of an estimator that was fitted, whose images have the range that it learned."""
        network = cls.__new__(cls)
        network._made(estimator._fitted(), 0, estimator.device, estimator.threads)
        network._range = estimator.X_range_
        return network

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes a checkpoint, with all networks of the file that this one came from."""
        self._networks.save(path)

    @property
    def params(self) -> dict[str, Any]:
        """All parameters, as nested dictionaries."""
        return tomllib.loads(self._networks.params())

    @property
    def image_shape(self) -> Shape:
        """Height, width and channels of an image."""
        sides = self.params["input"]
        return sides["height"], sides["width"], sides["channels"]

    @property
    def weights(self) -> NDArray[np.float32]:
        """Weights from inputs to neurons as a test uses them, [inputs, neurons]."""
        return self._networks.weights(self._replica)

    @property
    def thresholds_mv(self) -> NDArray[np.float32]:
        """Thresholds with which a test begins, [neurons]."""
        return self._networks.thresholds(self._replica)

    @property
    def delays_ms(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Delays from each excitatory neuron to its inhibitory one, [neurons], and from there back, [from, to]."""
        forth, back = self._networks.delays(self._replica)
        dt_ms = self.params["time"]["dt_ms"]
        return forth * dt_ms, back * dt_ms

    @property
    def labels(self) -> NDArray[np.int16]:
        """The label of each neuron, [neurons]; -1 for one that has none."""
        return self._networks.labels(self._replica)

    @property
    def device(self) -> str:
        """What the device is called."""
        return self._networks.device()

    def __repr__(self) -> str:
        inputs, neurons = self.weights.shape
        seen, of = self._networks.presented()
        return f"Network({inputs} inputs, {neurons} neurons, {seen} of {of} training images, on {self.device})"

    def present(self, image: ArrayLike, watch: Sequence[int] = ()) -> Recording:
        """Shows an image from rest with frozen weights, as a test does; ``watch`` lists neurons whose variables are
        recorded."""
        return self._shown(image, None, watch)

    def teach(self, image: ArrayLike, label: int, watch: Sequence[int] = ()) -> Recording:
        """Shows an image as the next one of the training and records how the network learns from it. The network itself
        stays as it is: :meth:`train` changes it."""
        return self._shown(image, label, watch)

    def _shown(self, image: ArrayLike, label: int | None, watch: Sequence[int]) -> Recording:
        pixels = self._pixels(np.asarray(image)[None])[0]
        native = self._networks.show(self._replica, pixels, label, _neurons(watch))
        return self._recording(native, watch)

    def present_spikes(
        self,
        inputs: ArrayLike,
        t_ms: ArrayLike,
        duration_ms: float | None = None,
        watch: Sequence[int] = (),
    ) -> Recording:
        """Shows input spikes from rest: which inputs fire, [spikes], and when, [spikes]. It lasts as long as an image is
        shown if ``duration_ms`` does not say otherwise."""
        dt_ms, stimulus_ms = (self.params["time"][key] for key in ("dt_ms", "stimulus_ms"))
        steps = round((stimulus_ms if duration_ms is None else duration_ms) / dt_ms)
        of, times = np.asarray(inputs), np.asarray(t_ms, np.float64)
        if of.shape != times.shape or of.ndim != 1:
            raise ValueError(f"inputs {of.shape} and t_ms {times.shape} must be lists of the same length")
        at = np.rint(times / dt_ms)
        if len(at) and not (0 <= at.min() and at.max() < steps and of.min() >= 0):
            raise ValueError(f"spikes must lie in 0 to {steps * dt_ms:g} ms, and inputs begin at 0")
        spikes = np.unique(np.stack([at, of], axis=1), axis=0).astype(np.uint32)
        native = self._networks.present(self._replica, np.ascontiguousarray(spikes), steps, _neurons(watch))
        return self._recording(native, watch)

    def spike_counts(self, X: ArrayLike) -> NDArray[np.uint16]:
        """Spikes of each neuron while each image is shown, [n, neurons]."""
        counts: NDArray[np.uint16] = self._networks.spike_counts(self._pixels(np.asarray(X)), None)[self._replica]
        return counts

    def train(
        self, X: ArrayLike, y: ArrayLike, *, snapshots: int = 0, progress: Asked = None
    ) -> History | None:
        """Trains it on images [n, ...] and their labels [n], from where it is to the end of its job; one that has learned
        nothing yet takes all of them, as often as ``job.epochs`` says.

        ``snapshots`` asks for the weights after every so many images.
        """
        pixels, labels = self._pixels(np.asarray(X)), np.asarray(y)
        if labels.shape != (len(pixels),) or not np.isin(labels, self.params["network"]["classes"]).all():
            raise ValueError(
                f"y must have a label of {self.params['network']['classes']} for each of {len(pixels)} images"
            )
        learned = self.params["network"]
        names, classes = learned["names"], learned["classes"]
        if self._networks.presented()[0] == 0 and self._networks.replicas() == 1:
            toml = _native.fitted(self._networks.params(), self.image_shape, classes, names, (len(pixels), 0))
            self._networks = _native.Networks(toml, *self._device)
        with listening(progress, "training") as told:
            data = (pixels, labels.astype(np.uint8), self.image_shape, names)
            _, kept = _native.train([self._networks], data, told, snapshots)
        if not snapshots:
            return None
        weights = np.array([of for _, of in kept]).reshape(len(kept), *self.weights.shape)
        return History(np.array([images for images, _ in kept], np.intp), weights)

    def _pixels(self, X: NDArray[Any]) -> NDArray[np.uint8]:
        flat = X.reshape(len(X), -1)
        size = int(np.prod(self.image_shape))
        if flat.shape[1] != size:
            raise ValueError(
                f"an image has {flat.shape[1]} pixels: it must have {size}, {self.image_shape}; several are [n, ...]"
            )
        if self._range is not None:
            return intensities(flat, self._range)
        if flat.dtype != np.uint8 and len(flat) and not (0 <= flat.min() and flat.max() <= 1):
            raise ValueError("images must be bytes, or numbers from 0 to 1")
        return intensities(flat, learned_range(flat, "auto"))

    def _recording(self, native: Any, watch: Sequence[int]) -> Recording:
        inputs, neurons = self.weights.shape
        return Recording(native, list(watch), neurons, inputs)


def _neurons(watch: Sequence[int]) -> list[int]:
    neurons = [int(neuron) for neuron in watch]
    if any(neuron < 0 for neuron in neurons):
        raise ValueError(f"watch is {neurons}: neurons are numbered from 0")
    return neurons
