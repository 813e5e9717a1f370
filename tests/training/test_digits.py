import hashlib

import numpy as np
import pytest

from dagprop.training.digits import Digits, load_digits


@pytest.fixture(scope="module")
def digits() -> Digits:
    return load_digits()


def rows(digits):
    return [(*image, label) for image, label in zip(digits.images, digits.labels, strict=True)]


def test_every_value_is_the_one_published(digits):
    pixels = (digits.images * 16).astype(np.uint8)
    assert np.array_equal(pixels / 16, digits.images)
    assert hashlib.sha256(pixels.tobytes()).hexdigest() == (
        "8f26b2bd9d135c256808f68f14fdabddde6d9c7f869ae419704b051f0f14b3b3"
    )
    assert hashlib.sha256(digits.labels.astype(np.uint8).tobytes()).hexdigest() == (
        "8ba4f891220f5e4c9c819638d1602d74b83618f167043c6da52a2a247841ddf0"
    )


def test_shapes_dtypes_and_range(digits):
    assert len(digits) == 1797
    assert (digits.images.shape, digits.images.dtype) == ((1797, 64), np.float64)
    assert (digits.labels.shape, digits.labels.dtype) == ((1797,), np.int64)
    assert (digits.one_hot.shape, digits.one_hot.dtype) == ((1797, 10), np.float64)
    assert (digits.images.min(), digits.images.max()) == (0, 1)


def test_one_hot_says_what_labels_say(digits):
    assert np.array_equal(digits.one_hot.argmax(axis=1), digits.labels)
    assert np.array_equal(digits.one_hot.sum(axis=1), np.ones(1797))


def test_classes_are_balanced(digits):
    assert np.bincount(digits.labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]


def test_split_deals_out_every_row_once(digits):
    train, test = digits.split()
    assert sorted(rows(train) + rows(test)) == sorted(rows(digits))
    assert not set(rows(train)) & set(rows(test))


@pytest.mark.parametrize("fraction", [0.1, 0.2, 0.5])
def test_split_holds_out_the_same_share_of_every_digit(digits, fraction):
    _, test = digits.split(fraction)
    assert np.abs(np.bincount(test.labels) - fraction * np.bincount(digits.labels)).max() <= 0.5


def test_split_depends_on_the_seed_alone(digits):
    once, again, other = (digits.split(seed=seed)[1] for seed in (1, 1, 2))
    assert np.array_equal(once.images, again.images)
    assert not np.array_equal(once.images, other.images)


def test_split_is_in_random_order(digits):
    for part in digits.split():
        assert (np.diff(part.labels) < 0).mean() > 0.3


@pytest.mark.parametrize("fraction", [0, 1, -0.2, 20])
def test_split_refuses_what_is_no_share(digits, fraction):
    with pytest.raises(ValueError, match="between 0 and 1"):
        digits.split(fraction)
