"""TF32 is a precision of its own: on where it is asked for, and off for all else that multiplies float32."""

import pytest

WORDS = {
    "torch": (["ieee"] * 4, ["tf32"] * 4),
    "tensorflow": ([False], [True]),
    "jax": (["highest"], ["tensorfloat32"]),
}
"""By backend, what each says of strict float32 and of TF32."""


@pytest.mark.parametrize("backend", WORDS)
def test_tf32_is_on_where_it_is_asked_for_and_float32_is_strict(run_check, backend):
    told = run_check("tf32_check.py", backend, also=tuple(WORDS))
    strict, tf32 = WORDS[backend]
    mixed = [None] if backend == "jax" else strict  # JAX's bfloat16 is multiplied as JAX does by itself
    assert told == {"tf32": tf32, "fp32": strict, "bf16": mixed, "fp64": strict}
