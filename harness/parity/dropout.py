"""Gate 6 on dropout: where it stands and what its masks follow, though no two frameworks draw the same mask."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from harness.parity.pair import Half, with_dropout

if TYPE_CHECKING:
    from harness.contract import Array
    from harness.parity.gates import Finding, Stage

RATE = 0.5
COPIES = 64
"""Of each sample, in one batch: each has a mask of its own, so that one pass gives a mean over many."""

PASSES = 24
LEVEL = 1e-6
"""Of the two-sided Welch test of the mean losses. Seeds are fixed, so a healthy pair that passes once always does."""


def dropout(stage: Stage) -> Iterator[Finding]:
    """The mean loss in training mode over many masks, which tells where dropout stands; masks that follow the seed.

    Dropout behind a shortcut, or before an activation instead of behind it, has another mean loss.
    """
    if "dropout" not in stage.workload.architecture.arguments:
        yield dataclasses.replace(stage.tally("dropout", []), note="no dropout")
        return
    batch = {"x": np.repeat(stage.x, COPIES, axis=0), "y": np.repeat(stage.y, COPIES, axis=0)}
    reference, half = stage.open_pair(with_dropout(stage.workload, RATE))

    def losses(of: Half) -> dict[str, Array]:
        found = []
        for seed in range(PASSES):
            of.load(stage.tensors, seed)
            found.append(of.probe("gradients", **batch)["loss"])
        return {"losses": np.array(found)}

    ours, theirs = losses(half)["losses"], reference.answer("dropout", losses)["losses"]
    # The reference compared with itself repeats itself to the bit, which is no evidence against it.
    surprise = 0.0 if np.array_equal(ours, theirs) else -np.log10(stats.ttest_ind(ours, theirs, equal_var=False).pvalue)
    where = None if surprise <= -np.log10(LEVEL) else f"mean loss {ours.mean():.6g}, not {theirs.mean():.6g}"
    finding = dataclasses.replace(stage.tally("dropout place", []), figure=float(surprise), bound=-np.log10(LEVEL))
    yield dataclasses.replace(finding, passed=where is None, where=where)

    again = losses(half)["losses"]
    wrong = [] if np.array_equal(ours, again) else ["other masks from the same seed"]
    wrong += ["the same mask from another seed"] if len(set(ours.tolist())) < PASSES else []
    yield stage.tally("dropout seed", wrong)
