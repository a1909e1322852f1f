"""Optimizers that treat each tensor whole, where a tensor of PyTorch's is no variable of Keras' own."""

REFUSED = {
    "GRU, each tensor clipped": "rnn.bias_ih_l0",
    "GRU, Muon": "rnn.bias_ih_l0",
    "attention, each tensor clipped": "blocks.0.attn.in_proj_weight",
    "attention, Muon": "blocks.0.attn.in_proj_weight",
}


def test_what_would_be_another_step_is_refused_and_nothing_else(run_check):
    told = run_check("packed_check.py", "torch")
    assert {name for name, said in told.items() if said} == REFUSED.keys()
    for name, tensor in REFUSED.items():
        assert tensor in told[name]
