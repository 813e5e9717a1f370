"""Real handwritten digits, shipped with dagprop: small enough for a lesson, real enough to learn from."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from dagprop.arguments import number, whole_number


@dataclass(frozen=True, eq=False)
class Digits:
    """Images of handwritten digits and what they show, one per row.

    Attributes
    ----------
    images : float64 array of shape (n, 64)
        The 8×8 pixels row by row, from 0 (paper) to 1 (ink).
    labels : int64 array of shape (n,)
        The digit that each image shows.
    """

    images: NDArray[np.float64]
    labels: NDArray[np.int64]

    @property
    def one_hot(self) -> NDArray[np.float64]:
        """The labels as float64 of shape (n, 10): 1 in the column of the digit, 0 elsewhere."""
        return np.eye(10)[self.labels]

    def __len__(self) -> int:
        return len(self.labels)

    def split(self, test_fraction: float = 0.2, seed: int = 0) -> tuple[Digits, Digits]:
        """Deal the rows into a training and a test part that hold every digit in the same proportion.

        Parameters
        ----------
        test_fraction : float
            The share of each digit's images that is held out, more than 0 and less than 1.
        seed : int
            Which of the many such splits; the same seed always gives the same one.

        Returns
        -------
        tuple of Digits
            The training part and the test part: no row in both, none in neither, each in random order.

        Examples
        --------
        >>> train, test = load_digits().split()
        >>> len(train), len(test)
        (1438, 359)
        """
        number("test_fraction", test_fraction, "a share between 0 and 1", lambda share: 0 < share < 1)
        rows = np.random.default_rng(whole_number("seed", seed, 0)).permutation(len(self))
        held_out = np.zeros(len(self), bool)
        for digit in range(10):
            places = np.flatnonzero(self.labels[rows] == digit)
            held_out[places[: round(test_fraction * len(places))]] = True
        return self._take(rows[~held_out]), self._take(rows[held_out])

    def _take(self, rows: NDArray[np.intp]) -> Digits:
        return Digits(self.images[rows], self.labels[rows])


def load_digits() -> Digits:
    """The 1,797 images of the test set of *Optical Recognition of Handwritten Digits*, in its own order.

    By E. Alpaydin and C. Kaynak (1998), UCI Machine Learning Repository, https://doi.org/10.24432/C50P49,
    licensed under CC BY 4.0.

    Examples
    --------
    >>> digits = load_digits()
    >>> digits.images.shape, digits.one_hot.shape
    ((1797, 64), (1797, 10))
    >>> digits.labels[:5]
    array([0, 1, 2, 3, 4])
    """
    with (resources.files("dagprop") / "data" / "digits.npz").open("rb") as file, np.load(file) as data:
        return Digits(data["images"] / 16, data["labels"].astype(np.int64))
