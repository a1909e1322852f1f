"""Generation in PyTorch: what a number from [0, 1) takes, and that nothing looks ahead. Keras' is compared with it."""

import numpy as np
import pytest
import torch

from models_torch.architectures.gpt import GPT
from models_torch.techniques.generation import choose, generate

LOGITS = torch.tensor([[0.3, -1.0, 2.0, 0.3, -torch.inf]])
GRID = (torch.arange(20_000)[:, None] + 0.5) / 20_000  # numbers that stand for all from 0 to 1


def shares(**options):
    """How much of [0, 1) takes each token."""
    chosen = choose(LOGITS.expand(len(GRID), -1), GRID, **options)
    return torch.bincount(chosen.flatten(), minlength=LOGITS.shape[1]).numpy() / len(GRID)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_each_token_is_drawn_as_often_as_softmax_says(temperature):
    expected = np.exp(LOGITS[0].double().numpy() / temperature)
    assert shares(temperature=temperature) == pytest.approx(expected / expected.sum(), abs=2e-4)


def test_top_k_keeps_the_likeliest_and_their_proportions():
    expected = np.exp([0.3, 2.0, 0.3])
    assert shares(temperature=1.0, top_k=3)[[0, 2, 3]] == pytest.approx(expected / expected.sum(), abs=2e-4)
    assert shares(temperature=1.0, top_k=1)[2] == 1


def test_temperature_0_takes_the_likeliest():
    assert shares()[2] == 1


@pytest.fixture
def gpt():
    torch.manual_seed(0)
    return GPT(vocabulary=11, length=8, width=12, depth=2, heads=3, dropout=0.5)


def test_no_place_sees_what_comes_after_it(gpt):
    ids = torch.arange(8)[None]
    changed = ids.clone()
    changed[0, 5:] = 10
    first, second = (gpt.eval()(tokens) for tokens in (ids, changed))
    assert torch.equal(first[:, :5], second[:, :5])
    assert not torch.isclose(first[:, 5:], second[:, 5:]).all(-1).any()


def test_each_token_is_the_likeliest_after_the_last_window(gpt):
    prompt = torch.tensor([[3, 1, 4], [1, 5, 9]])
    ids = generate(gpt, prompt, count=9, window=8)
    assert gpt.training
    gpt.eval()
    assert torch.equal(ids[:, :3], prompt)
    for place in range(3, 12):
        seen = ids[:, max(0, place - 8) : place]
        assert torch.equal(ids[:, place], gpt(seen)[:, -1].argmax(-1))
