"""In which type operations compute: told by the frameworks themselves, alike where they must be, refused where not."""

import json

import pytest

from harness.anatomy import dtypes
from harness.anatomy.dtypes import PRODUCTS, Uninspectable
from harness.registry import UnknownName
from harness.report import dtypes as shown

ARMS = ("torch", "keras-tensorflow", "keras-jax", "keras-torch")
SLOW_TO_LOOP = ("keras-jax", "keras-torch")
"""Of whose loops nothing is asked that others are not asked."""

COMPILED = ("keras-tensorflow", "keras-jax")


@pytest.fixture(scope="module")
def told():
    """What every arm makes of a train step of the MLP with batch norm and dropout, in bfloat16."""
    return {one.arm: one for one in dtypes.inspect("mlp_norm_digits", ARMS, "bf16")}


def counts(one, kind, names=None):
    return {
        count.name: count.count for count in one.counts if count.dtype == kind and (not names or count.name in names)
    }


@pytest.mark.parametrize("arm", ARMS)
def test_mixed_precision_multiplies_in_bfloat16_and_updates_in_float32(told, arm):
    """Four layers: a product forwards, one for the weights, one for what is in front of all but the first."""
    assert sum(counts(told[arm], "bfloat16", PRODUCTS).values()) == 4 + 4 + 3
    assert counts(told[arm], "float32", PRODUCTS) == {}
    root = {"keras-tensorflow": "Sqrt", "keras-torch": "_foreach_sqrt"}.get(arm, "sqrt")
    assert root in counts(told[arm], "float32")
    assert root not in counts(told[arm], "bfloat16")
    others = {count.name for count in told[arm].counts if count.dtype not in ("bfloat16", "float32")}
    # TensorFlow divides whole numbers in float64: how many samples and pixels batch norm has, single numbers.
    assert others == ({"Cast", "RealDiv"} if arm == "keras-tensorflow" else set())


@pytest.mark.parametrize(
    "arm", ["torch", "keras-tensorflow", *(pytest.param(arm, marks=pytest.mark.long) for arm in SLOW_TO_LOOP)]
)
def test_what_loops_and_what_adds_up_repeated_words_is_told_too(arm):
    """An LSTM over embeddings: the body of a loop once, products backwards, scattered gradients."""
    (one,) = dtypes.inspect("lstm_python_docs", [arm], "fp32")
    found = counts(one, "float32")
    scattered = {"keras-tensorflow": "UnsortedSegmentSum", "keras-jax": "scatter-add"}
    assert scattered.get(arm, "embedding_dense_backward") in found
    if arm == "torch":
        assert found["mkldnn_rnn_layer"] == found["mkldnn_rnn_layer_backward"]
    if arm == "keras-tensorflow":
        assert found["MatMul"] < 20  # and not one for each of 128 characters


@pytest.mark.parametrize(
    "arm", ["torch", "keras-torch", *(pytest.param(arm, marks=pytest.mark.long) for arm in COMPILED)]
)
def test_blocks_that_are_computed_once_more_are_told_twice(arm):
    """Four blocks, of which each has one GELU."""
    gelu = {"keras-tensorflow": "Erfc", "keras-jax": "erfc"}.get(arm, "gelu")
    (one,) = dtypes.inspect("recomputation.blocks", [arm], "fp32")
    assert counts(one, "float32")[gelu] == 2 * 4


def test_updates_of_many_parameters_at_once_are_told():
    """Which change their arguments, and give nothing."""
    (one,) = dtypes.inspect("mlp_digits", ["keras-torch"], "fp32")
    assert {"_foreach_add_", "_foreach_mul_"} <= counts(one, "float32").keys()


def test_float32_has_nothing_less():
    (one,) = dtypes.inspect("mlp_digits", ["torch"], "fp32")
    assert {count.dtype for count in one.counts} == {"float32"}


def test_products_come_first_and_their_sum_before_them(told):
    sheet = shown.sheet(list(told.values()), PRODUCTS)
    assert sheet.header == ("arm", "operation", "bfloat16", "float32", "float64")
    rows = [tuple(field.shown for field in row) for row in sheet.rows]
    for arm in ARMS:
        first, second, *_ = [row for row in rows if row[0] == arm]
        assert first == (arm, "all products", "11", "–", "–")
        assert second[1] in PRODUCTS


@pytest.mark.parametrize(
    ("workload", "arms", "precision", "error", "said"),
    [
        ("mlp_digit", ["torch"], "bf16", UnknownName, "did you mean 'mlp_digits'"),
        ("mlp_digits", ["torhc"], "bf16", UnknownName, "did you mean 'torch'"),
        ("mlp_digits", ["torch-compile"], "bf16", Uninspectable, "torch-compile is a form of torch: ask for that"),
        ("batching.accumulated", ["torch"], "bf16", Uninspectable, "in 4 parts"),
        ("mlp_digits", ["numpy"], "fp64", Uninspectable, "numpy is a witness"),
        ("mlp_digits", ["torch"], "tf32", Uninspectable, "torch cannot train mlp_digits here: .*tf32"),
    ],
)
def test_what_cannot_be_told_is_refused(workload, arms, precision, error, said):
    with pytest.raises(error, match=said):
        dtypes.inspect(workload, arms, precision)


def test_the_command_prints_a_table_or_a_document(twinbench):
    ended = twinbench("dtypes", "softmax_digits", "--arms", "torch", "--json")
    (one,) = json.loads(ended.out)
    assert {count["dtype"] for count in one["counts"] if count["name"] in PRODUCTS} == {"bfloat16"}
    assert "all products" in twinbench("dtypes", "softmax_digits", "--arms", "torch").out
    refused = twinbench("dtypes", "softmax_digits", "--arms", "torch-compile")
    assert (refused.status, "is a form of torch" in refused.err) == (2, True)
    refused = twinbench("dtypes", "softmax_digits", "--precision", "tf32")
    assert (refused.status, "no arm can train softmax_digits in tf32" in refused.err) == (2, True)
