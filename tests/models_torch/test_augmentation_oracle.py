"""PyTorch's augmentation against NumPy, SciPy and ``grid_sample``. That Keras' halves do the same is the gate's."""

import numpy as np
import pytest
import torch
from scipy import ndimage

from models_torch.techniques.augmentation import AUGMENTATIONS

N, C, H, W = 4, 2, 12, 9
X = np.random.default_rng(0).normal(size=(N, C, H, W))
ANGLES = np.array([0.0, np.pi / 2, -0.3, 2.5])
FACTORS = np.array([1.0, 0.5, 1.7, 3.0])


def augment(name, *parameters, x=X, **options):
    found = AUGMENTATIONS[name](torch.from_numpy(x), *map(torch.from_numpy, map(np.asarray, parameters)), **options)
    return tuple(part.numpy() for part in found) if isinstance(found, tuple) else found.numpy()


def moved(plane, dy, dx):
    """Return the plane moved by whole pixels, zeros behind it."""
    padded = np.pad(plane, max(H, W))
    first_row, first_column = max(H, W) - dy, max(H, W) - dx
    return padded[first_row : first_row + plane.shape[0], first_column : first_column + plane.shape[1]]


def mapped(matrices):
    """Return SciPy's pictures: output pixel o shows the input at M(o − middle) + middle, zeros outside."""
    middle = np.array([(H - 1) / 2, (W - 1) / 2])
    return np.stack(
        [
            [
                ndimage.affine_transform(plane, m, middle - m @ middle, order=1, mode="grid-constant", cval=0.0)
                for plane in picture
            ]
            for picture, m in zip(X, matrices, strict=True)
        ]
    )


def test_flip():
    flipped = augment("flip", [True, False, True, False])
    assert np.array_equal(flipped[0], X[0, :, :, ::-1])
    assert np.array_equal(flipped[1], X[1])


@pytest.mark.parametrize("offset", [(0, 0), (2, -3), (-1, 0), (0, 4), (12, 0), (-12, 5)])
def test_shift(offset):
    found = augment("shift", [offset] * N)
    assert np.array_equal(found, [[moved(plane, *offset) for plane in picture] for picture in X])


def test_shift_of_signals():
    signals = X[:, :, 0]
    found = augment("shift_signal", [[2], [-1], [0], [9]], x=signals)
    assert np.array_equal(found[0, :, 2:], signals[0, :, :-2])
    assert not found[0, :, :2].any()
    assert np.array_equal(found[1, :, :-1], signals[1, :, 1:])
    assert np.array_equal(found[2], signals[2])
    assert not found[3].any()


def test_crop():
    found = augment("crop", [(0, 0), (4, 4), (-2, 1), (6, -1)], size=(8, 5))
    assert np.array_equal(found[0], X[0, :, :8, :5])
    assert np.array_equal(found[1], X[1, :, 4:, 4:])
    assert np.array_equal(found[2, :, 2:], X[2, :, :6, 1:6])
    assert not found[2, :, :2].any()
    assert np.array_equal(found[3, :, :6, 1:], X[3, :, 6:, :4])
    assert not found[3, :, 6:].any()
    assert not found[3, :, :, 0].any()


def test_rotation_is_scipys():
    cos, sin = np.cos(ANGLES), np.sin(ANGLES)
    matrices = np.moveaxis(np.array([[cos, sin], [-sin, cos]]), -1, 0)  # rows point downwards
    np.testing.assert_allclose(augment("rotation", ANGLES), mapped(matrices), rtol=0, atol=1e-12)


def test_a_quarter_turn_is_counterclockwise():
    square = X[:, :, :W]
    found = augment("rotation", np.full(N, np.pi / 2), x=square)
    np.testing.assert_allclose(found, np.rot90(square, axes=(2, 3)), rtol=0, atol=1e-12)


def test_zoom_is_scipys():
    matrices = [np.eye(2) / factor for factor in FACTORS]
    np.testing.assert_allclose(augment("zoom", FACTORS), mapped(matrices), rtol=0, atol=1e-12)


def test_the_convention_is_grid_samples_with_half_pixels():
    cos, sin = (torch.from_numpy(of(ANGLES)) for of in (np.cos, np.sin))
    zero = torch.zeros_like(cos)
    first, second = torch.stack([cos, -sin * H / W, zero], 1), torch.stack([sin * W / H, cos, zero], 1)
    grid = torch.nn.functional.affine_grid(torch.stack([first, second], 1), [N, C, H, W], align_corners=False)
    expected = torch.nn.functional.grid_sample(torch.from_numpy(X), grid, padding_mode="zeros", align_corners=False)
    np.testing.assert_allclose(augment("rotation", ANGLES), expected, rtol=0, atol=1e-12)


def test_cutout():
    found = augment("cutout", [(0, 0), (6, 4), (11, 8), (3, 8)], size=5)
    expected = X.copy()
    for sample, rows, columns in [
        (0, slice(0, 3), slice(0, 3)),
        (1, slice(4, 9), slice(2, 7)),
        (2, slice(9, 12), slice(6, 9)),
        (3, slice(1, 6), slice(6, 9)),
    ]:
        expected[sample, :, rows, columns] = 0
    assert np.array_equal(found, expected)


def test_mixup():
    y, partner, share = np.eye(N), np.array([2, 1, 3, 0]), np.array([0.0, 0.4, 1.0, 0.9])
    pictures, targets = augment("mixup", y, partner, share)
    for i in range(N):
        np.testing.assert_allclose(pictures[i], share[i] * X[i] + (1 - share[i]) * X[partner[i]])
        np.testing.assert_allclose(targets[i], share[i] * y[i] + (1 - share[i]) * y[partner[i]])


def test_cutmix():
    y, partner = np.eye(N), np.array([1, 2, 3, 0])
    box = np.array([(0, 0, 3, 3), (2, 4, 9, 9), (0, 0, 12, 9), (5, 5, 5, 5)])
    share = np.array([1 - 9 / 108, 1 - 35 / 108, 0.0, 1.0])
    pictures, targets = augment("cutmix", y, partner, box, share)
    for i, (top, left, bottom, right) in enumerate(box):
        expected = X[i].copy()
        expected[:, top:bottom, left:right] = X[partner[i], :, top:bottom, left:right]
        assert np.array_equal(pictures[i], expected)
    assert targets[0].tolist() == pytest.approx([1 - 9 / 108, 9 / 108, 0, 0])
    assert targets[2].tolist() == [0, 0, 0, 1]


def test_noise():
    noise = np.random.default_rng(1).normal(size=X.shape)
    assert np.array_equal(augment("noise", noise), X + noise)
