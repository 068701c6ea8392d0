"""Many networks in one job."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from numpy.typing import ArrayLike

from spikeprune import _native
from spikeprune.progress import Asked, listening
from spikeprune.spiking import Spiking

__all__ = ["fit_many"]

_Estimator = TypeVar("_Estimator", bound=Spiking)


def fit_many(
    estimators: Sequence[_Estimator],
    X: ArrayLike,
    y: ArrayLike,
    *,
    validation: tuple[ArrayLike, ArrayLike] | None = None,
    progress: Asked = None,
) -> Sequence[_Estimator]:
    """Fits estimators on the same data, side by side: on all cores, or hundreds at once on a GPU.

    Each learns the bits that its own ``fit`` would give. They may differ in seeds and in all parameters but the device;
    those that differ in sizes or times are trained one kind after the other. Returns them.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from spikeprune import SpikeClassifier, fit_many
    >>> X, y = load_digits(return_X_y=True)
    >>> models = fit_many([SpikeClassifier("paper", seed=seed) for seed in range(4)], X[:100], y[:100])
    >>> [model.seed for model in models]
    [0, 1, 2, 3]
    """
    estimators = list(estimators)
    if len({id(estimator) for estimator in estimators}) < len(estimators):
        raise ValueError("an estimator is listed twice: each fits once")
    begun = [estimator._begin(X, y, validation=validation) for estimator in estimators]
    kinds: dict[tuple[object, ...], list[int]] = {}
    companions = _native.companions([estimator._networks.params() for estimator in estimators])
    for place, (estimator, companion) in enumerate(zip(estimators, companions)):
        # What is shown must be the same, too.
        kind = (companion, begun[place].digest, estimator.device, estimator.threads)
        kinds.setdefault(kind, []).append(place)
    with listening(progress, "training") as told:
        for places in kinds.values():
            networks = [estimators[place]._networks for place in places]
            _native.train(networks, begun[places[0]].arrays, told, 0)
    return estimators
