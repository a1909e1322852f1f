"""MiniLM-L6 with its published weights: the same embeddings on every backend as in PyTorch, and sensible ones."""

import itertools

import numpy as np
import pytest
import torch

from benchmarks.pretrained import minilm
from models_torch.architectures.transformer import BERT, SentenceEncoder

BACKENDS = ("tensorflow", "jax", "torch")

RELATED = (
    ("A man is playing a guitar.", "Someone strums an instrument."),
    ("Shares lost much of their value.", "The stock market fell sharply today, and nobody could say why it did."),
    ("I hated every minute of this film.", "A dull movie, and far too long."),
    ("The recipe asks for two eggs and some flour.", "Stir milk into the dough before baking."),
)
SENTENCES = [sentence for pair in RELATED for sentence in pair]
"""Of 6 to 17 tokens, so that most rows of a batch are padded."""


@pytest.fixture(scope="module", params=BACKENDS)
def checked(request, run_check):
    return run_check("minilm_check.py", request.param, *SENTENCES, also=BACKENDS)


def ours(architecture, **options):
    model = architecture(**minilm.ARGUMENTS).eval()
    model.load_state_dict({name: torch.from_numpy(tensor) for name, tensor in minilm.tensors(**options).items()})
    with torch.inference_mode():
        return model(torch.from_numpy(minilm.ids(SENTENCES))).numpy()


def test_embeddings_are_pytorchs(checked):
    np.testing.assert_allclose(checked["embeddings"], ours(SentenceEncoder), atol=1e-5)


def test_pooled_vectors_are_pytorchs(checked):
    np.testing.assert_allclose(checked["pooled"], ours(BERT, pooler=True), atol=1e-5)


def test_size_is_the_published_one_with_the_pooler(checked):
    assert checked["parameters"] == 22_713_216


def test_related_sentences_are_closer_than_all_others(checked):
    cosines = np.array(checked["embeddings"]) @ np.array(checked["embeddings"]).T
    np.testing.assert_allclose(np.diag(cosines), 1, atol=1e-5)
    related = [cosines[i, i + 1] for i in range(0, len(SENTENCES), 2)]
    others = [cosines[i, j] for i, j in itertools.combinations(range(len(SENTENCES)), 2) if i // 2 != j // 2]
    assert min(related) > max(others) + 0.1
