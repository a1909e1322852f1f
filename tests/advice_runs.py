"""Runs that never happened, made so that an arm is better in one thing and worse in another."""

from report_factories import MIB, manifest, passed, raced, trained, workload

from harness.report.summary import summarize

RIVAL = "keras-jax"


def records(
    on,
    *,
    arm=RIVAL,
    ratio=2.0,
    memory=1.0,
    first_step_s=0.5,
    cold_start_s=3.0,
    loss=2.3,
    shortfall=0.0,
    spread=0.0,
    launches=8,
    seeds=5,
    precision="fp32",
    gain=1.0,
    **changes,
):
    """Records of one arm on one workload; beside torch, whose step takes 2 ms and whose process 400 MiB."""
    fresh = {
        "peak_rss_bytes": round(400 * MIB * memory),
        "first_step_s": first_step_s,
        "cold_start_s": cold_start_s,
        "first_loss": loss,
    }
    found = [trained(arm, s, 0.95 - shortfall + 0.001 * (s % 3), on=on, **changes) for s in range(seeds)]
    for launch in range(launches):
        slower = 1 + spread * (launch % 3 - 1)
        step_ms = 2.0 * ratio * slower / gain
        found.append(raced(arm, launch, step_ms, on=on, precision=precision, timing_changes=fresh, **changes))
    return found


def reference(on, **changes):
    """Records of torch."""
    return records(on, arm="torch", **({"ratio": 1.0} | changes))


def summary(found, *, arms=("torch", RIVAL), workloads=("mlp_digits",), launches=8, seeds=5, **changes):
    """Return the summary of records on some workloads."""
    damaged = changes.pop("damaged", [])
    known = {name: workload(name) for name in workloads}
    run = manifest(arms, workloads=workloads, launches=launches, seeds=seeds, **({"proofs": []} | changes))
    return summarize(run, found, known, damaged=damaged)


def pair(*, workloads=("mlp_digits",), launches=8, seeds=5, run=None, **changes):
    """Return the summary of torch and its rival on some workloads, the rival as ``changes`` say."""
    found = []
    for on in workloads:
        found += reference(on, launches=launches, seeds=seeds)
        found += records(on, launches=launches, seeds=seeds, **changes)
    return summary(found, workloads=workloads, launches=launches, seeds=seeds, **(run or {}))


def passes(on, ratio):
    """Records of forward passes of both arms."""
    return [passed(arm, k, 1.0 * r, on=on) for arm, r in (("torch", 1.0), (RIVAL, ratio)) for k in range(8)]
