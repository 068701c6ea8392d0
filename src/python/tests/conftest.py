"""Data that the tests share."""

from pathlib import Path

import pytest
from sklearn.datasets import load_digits

import spikeprune

DATA = Path(__file__).parents[3] / "data"


@pytest.fixture(scope="session")
def digits():
    """scikit-learn's digits: images [1797, 8, 8] from 0 to 16, labels."""
    found = load_digits()
    return found.images, found.target


@pytest.fixture(scope="session")
def mnist():
    """The images that come with a checkout."""
    return spikeprune.load(DATA)


@pytest.fixture(scope="session")
def data_folder():
    return DATA
