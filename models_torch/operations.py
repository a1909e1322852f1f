"""What a train step is made of: the operations that PyTorch dispatches, with the types of what they give."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


class _Noting(TorchDispatchMode):
    """Counts operations while it is entered: below autocast and autograd, which have had their say by then."""

    def __init__(self) -> None:
        super().__init__()
        self.found: Counter[tuple[str, str]] = Counter()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        # What changes its arguments, as updates of many parameters at once do, may give nothing: then it gives these.
        held = zip(func._schema.arguments, args, strict=False)
        changed = [value for argument, value in held if argument.alias_info and argument.alias_info.is_write]
        given = next((leaf for leaf in tree_leaves([result, changed]) if isinstance(leaf, Tensor)), None)
        if given is not None and given.is_floating_point() and not func.is_view:
            self.found[func.overloadpacket.__name__, str(given.dtype).removeprefix("torch.")] += 1
        return result


@contextmanager
def noted() -> Iterator[Counter[tuple[str, str]]]:
    """Count the operations that go on inside by name and type, views and whole numbers left out."""
    with _Noting() as noting:
        yield noting.found
