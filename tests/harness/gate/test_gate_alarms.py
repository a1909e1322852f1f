"""How often the gate cries wolf, and how often it sleeps: runs drawn with the spreads of a recorded one."""

from __future__ import annotations

import dataclasses
import functools
import math
from pathlib import Path

import numpy as np

from harness import registry, stats
from harness.gate import baseline
from harness.gate.claims import Kind, Tolerances, claims
from harness.gate.decision import State, decide
from harness.matrix import read_suite
from harness.report.summary import summarize
from harness.store.folder import RunFolder

RECORDED = Path(__file__).resolve().parents[3] / "results" / "reference" / "quick"
SUITE = read_suite("ci")
LAUNCHES, SEEDS = SUITE.launches, SUITE.seeds
NULLS, PLANTED = 1000, 200
LEAST_ALLOWED = 0.01
"""Share of runs without any fault in which anything may fail."""

PER_RUN = 0.95
"""Share of runs with a fault in which that must fail."""


@functools.cache
def recorded():
    folder = RunFolder(RECORDED)
    return summarize(folder.read_manifest(), folder.read_records()[0], registry.workloads())


def redrawn(generator, slower=1.0, worse_by=0.0):
    """The recorded run as it might have come out: its means, its spreads, more launches and seeds.

    ``slower`` multiplies the ratio of keras-jax, which is also worse by as many margins as ``worse_by`` says.
    """
    comparisons = []
    for comparison in recorded().comparisons:
        margin, rows = comparison.workload.margin, []
        of_reference = next(row for row in comparison.rows if row.arm == comparison.reference)
        drawn = {
            row.arm: generator.normal(row.metric.moments.mean, math.sqrt(row.metric.moments.variance), SEEDS)
            - (worse_by * margin if row.arm == "keras-jax" else 0.0)
            for row in comparison.rows
            if not row.witness
        }
        for row in comparison.rows:
            if row.witness:
                continue
            new = {"metric": stats.mean(drawn[row.arm]), "seeds": comparison.seeds, "launches": comparison.launches}
            if row is not of_reference:
                # The recorded arms differ by chance alone: what is drawn around their own means would keep that.
                paired = (
                    drawn[row.arm] - row.metric.moments.mean,
                    drawn[of_reference.arm] - of_reference.metric.moments.mean,
                )
                new["difference"] = stats.difference(*paired, margin, paired=False)
                shift = math.log(slower) if row.arm == "keras-jax" else 0.0
                spread = math.sqrt(row.ratio.moments.variance)
                new["ratio"] = stats.ratio(generator.normal(row.ratio.moments.mean + shift, spread, LAUNCHES))
            rows.append(dataclasses.replace(row, **new))
        comparisons.append(dataclasses.replace(comparison, rows=tuple(rows)))
    return dataclasses.replace(recorded(), comparisons=tuple(comparisons))


def failed_kinds(seed, **fault):
    generator = np.random.default_rng([41, seed])
    before = baseline.make(redrawn(generator), "a test")
    decided = decide(list(claims(redrawn(generator, **fault), before, Tolerances())))
    return {decision.claim.kind for decision in decided if decision.state is State.FAILED}


def test_runs_without_a_fault_pass():
    alarms = [seed for seed in range(NULLS) if failed_kinds(seed)]
    assert len(alarms) <= LEAST_ALLOWED * NULLS, alarms


def test_a_slow_down_of_a_tenth_is_seen():
    seen = sum(Kind.SPEED in failed_kinds(seed, slower=1.1) for seed in range(PLANTED))
    assert seen >= PER_RUN * PLANTED


def test_a_loss_of_two_margins_is_seen():
    seen = sum(bool({Kind.EQUAL, Kind.ACCURACY} & failed_kinds(seed, worse_by=2.0)) for seed in range(PLANTED))
    assert seen >= PER_RUN * PLANTED
