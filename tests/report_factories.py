"""Records of runs that never happened, built through the schema."""

import dataclasses

import nvml_traces

from harness.contract import Architecture, Cell, Optimizer, Outcome, Workload
from harness.measure.nvml_trace import Replay
from harness.measure.timeline import timeline
from harness.schema import (
    Accuracy,
    ArmStatus,
    Block,
    Breakdown,
    Ceiling,
    Ceilings,
    Exports,
    ExportTrial,
    Fit,
    Manifest,
    PartTime,
    Record,
    Suite,
    Timing,
    WorkloadChoice,
)

MIB = 2**20
WELL = {
    "key": "k",
    "outcome": Outcome.OK,
    "started": "2026-01-01T00:00:00Z",
    "seconds": 1.0,
    "dataset_sha256": "d" * 64,
}
"""Of a record of something that went well."""

OTHERS = ("inference_batches", "latency_passes", "rounds", "most_launches")
"""Further fields of a suite."""

MODES = {"torch": "eager", "keras-tensorflow": "graph", "keras-jax": "compiled by XLA", "numpy": "eager"}


def workload(name="mlp_digits", **changes):
    given = {
        "title": "MLP on digits",
        "dataset": "digits",
        "form": "features",
        "architecture": Architecture("mlp", "MLP"),
        "optimizer": Optimizer("adam", 1e-3),
        "batch_size": 32,
        "epochs": 3,
        "loss": "cross_entropy",
        "metric": "accuracy",
        "target": 0.9,
        "margin": 0.01,
        "pilot": "nobody",
    }
    if changes.get("metric") == "r2":
        given["loss"] = "mse"  # of numbers, as the metric
    return Workload(name=name, **(given | changes))


def status(name, *, supported=True, reason=None, witness=False):
    return ArmStatus(name=name, supported=supported, reason=reason, versions={name: "1.0"}, witness=witness)


def manifest(arms=("torch", "keras-jax"), *, workloads=("mlp_digits",), launches=3, seeds=3, **changes):
    """Arms are names or ArmStatus; workloads are names or WorkloadChoice."""
    statuses = [arm if isinstance(arm, ArmStatus) else status(arm) for arm in arms]
    choices = [w if isinstance(w, WorkloadChoice) else WorkloadChoice(name=w) for w in workloads]
    suite = Suite(
        name="quick",
        title="A look",
        workloads=choices,
        arms=[arm.name for arm in statuses],
        launches=launches,
        seeds=seeds,
        precisions=changes.pop("precisions", ["fp32"]),
        scopes=changes.pop("scopes", ["step"]),
        techniques=changes.pop("techniques", []),
        tracks=changes.pop("tracks", ["matched"]),
        baselines=changes.pop("baselines", []),
        **{name: changes.pop(name) for name in OTHERS if name in changes},
    )
    if suite.baselines:
        statuses.append(status("sklearn", witness=True))
    given = {
        "run": "quick-1",
        "created": "2026-01-01T00:00:00Z",
        "command": ["twinbench", "run", "quick"],
        "environment": {"cpu": {"cores": 2}},
    }
    return Manifest(suite=suite, arms=statuses, **(given | changes))


def _record(scope, arm, index, *, on, precision, epochs, changes, **measured):
    size, track = changes.pop("batch_size", 32), changes.pop("track", "matched")
    cell = Cell(scope, on, arm, precision, 2, size, epochs, index, track)
    given = {
        **WELL,
        "initial_sha256": f"{cell.seed:064d}",
        "parameters": 15210,
        "settings": {"execution": MODES[arm]} if arm in MODES else {},
    }
    return Record(cell=cell, **(given | measured | changes))


def trained(arm, seed, metric, *, losses=(1.0, 0.5, 0.25), on="mlp_digits", precision="fp32", epochs=3, **changes):
    accuracy = Accuracy(
        epoch_losses=list(losses),
        metric=metric,
        test_loss=0.3,
        train_s=2.0,
        final_sha256="f" * 64,
        order_sha256=changes.pop("order_sha256", f"{seed:064d}"),
        figures=changes.pop("figures", {}),
        course=changes.pop("course", None),
        loss_scale=changes.pop("loss_scale", None),
    )
    return _record("accuracy", arm, seed, on=on, precision=precision, epochs=epochs, changes=changes, accuracy=accuracy)


def fitted(baseline, seed, metric, *, on="digits", measure="accuracy", train_s=0.5, contended=False, **changes):
    """A classical model on a dataset; a metric of None leaves it without result, for ``changes`` to say why."""
    cell = Cell("accuracy", on, "sklearn", "fp64", 2, 0, 0, seed, baseline=baseline)
    figures = {"metric": metric, "train_s": train_s, "predict_s": 0.01, "contended": contended}
    fit = None if metric is None else Fit(measure=measure, pressure=0.001, foreign=0.0, **figures)
    given = {
        **WELL,
        "settings": {"model": baseline.title(), "arguments": {"random_state": seed}},
    }
    return Record(cell=cell, fit=fit, **(given | changes))


def block(round_, step_ms, *, rerun=0, contended=False, steps=100, pressure=0.001, foreign=0.0):
    wall_ns = round(step_ms * 1e6 * steps)
    return Block(
        round=round_,
        rerun=rerun,
        steps=steps,
        wall_ns=wall_ns,
        cpu_ns=wall_ns,
        pressure=pressure,
        foreign=foreign,
        switches=0,
        contended=contended,
    )


def timing(blocks, **changes):
    given = {
        "start_s": 2.0,
        "build_s": 0.1,
        "first_step_s": 0.5,
        "cold_start_s": 3.0,
        "first_loss": 2.3,
        "warm_up_steps": 10,
        "peak_rss_bytes": 400 * MIB,
    }
    return Timing(blocks=list(blocks), **(given | changes))


def raced(
    arm, launch, step_ms, *, scope="step", on="mlp_digits", precision="fp32", epochs=3, timing_changes=None, **changes
):
    """``step_ms``: one number for four equal rounds, or a list of numbers or blocks."""
    steps = [step_ms] * 4 if isinstance(step_ms, int | float) else step_ms
    blocks = [b if isinstance(b, Block) else block(i, b) for i, b in enumerate(steps)]
    measured = timing(blocks, **(timing_changes or {}))
    return _record(scope, arm, launch, on=on, precision=precision, epochs=epochs, changes=changes, timing=measured)


def passed(arm, launch, pass_ms, *, scope="inference", phases=None, **changes):
    """As ``raced``, of forward passes, or of epochs."""
    unknown = dict.fromkeys(("first_loss", "first_step_s", "cold_start_s", "peak_rss_bytes"))
    return raced(arm, launch, pass_ms, scope=scope, timing_changes=unknown | {"phases": phases}, **changes)


def waited(arm, launch, pass_ms, *, batch_size=1, contended=(), **changes):
    """Forward passes that were timed one by one: milliseconds, of four rounds in turn; some of them contended."""
    took = [round(ms * 1e6) for ms in pass_ms]
    blocks = []
    for i in range(4):
        of_round = took[i::4]
        told = block(i, sum(of_round) / 1e6 / len(of_round), steps=len(of_round), contended=i in contended)
        blocks.append(dataclasses.replace(told, pass_ns=of_round))
    return passed(arm, launch, blocks, scope="latency", batch_size=batch_size, **changes)


def failed(scope, arm, index, outcome, reason, *, on="mlp_digits", precision="fp32", epochs=3, **changes):
    changes = {"outcome": outcome, "reason": reason, "parameters": None, "initial_sha256": None} | changes
    return _record(scope, arm, index, on=on, precision=precision, epochs=epochs, changes=changes)


def whole_run(seeds=3, launches=3, *, ratio=2.0, gain=0.001, rival="keras-jax", **where):
    """Records of torch and of a rival that is ``ratio`` times as slow and better by ``gain``."""
    records = [trained("torch", s, 0.95 + 0.001 * (s % 3), **where) for s in range(seeds)]
    records += [trained(rival, s, 0.95 + gain + 0.0011 * (s % 3), **where) for s in range(seeds)]
    records += [raced("torch", k, 2.0 * (1 + 0.01 * (k % 3)), **where) for k in range(launches)]
    return records + [raced(rival, k, 2.0 * ratio, **where) for k in range(launches)]


def ceiling(arm, kind, best, *, dtype=None, **changes):
    """Of the best, in FLOP/s, bytes a second or seconds; None leaves it without, for ``changes`` to say why."""
    given = {"median": best, "size": 512, "samples": 7} if best else {}
    return Ceiling(arm=arm, kind=kind, dtype=dtype, best=best, **(given | changes))


def ceilings(*found, **changes):
    """Without any, what torch and keras-jax reach of a device with 100 GFLOP/s in float32 and 10 GB/s."""
    usual = (
        ceiling("torch", "product", 80e9, dtype="float32"),
        ceiling("torch", "product", 200e9, dtype="bfloat16"),
        ceiling("torch", "product", None, dtype="tf32", reason="a CPU has none"),
        ceiling("torch", "memory", 10e9, size=128 * MIB),
        ceiling("torch", "call", 2e-6, size=None),
        ceiling("keras-jax", "product", 100e9, dtype="float32"),
        ceiling("keras-jax", "memory", 8e9, size=128 * MIB),
    )
    given = {"created": "2026-01-01T00:00:00Z", "cpu": "a processor", "cores": 2, "threads": 2, "last_cache": 32 * MIB}
    versions = {one.arm: {one.arm: "1.0"} for one in found or usual}
    return Ceilings(found=list(found or usual), **({**given, "versions": versions} | changes))


def breakdown(arm, times, *, fused=False, **changes):
    """Of the parts' times in ms; one that is None was disturbed in every round."""
    parts = [
        PartTime(
            part=part, ms=ms, rounds_ms=[ms] if ms else [], disturbed=int(ms is None), reason=None if ms else "busy"
        )
        for part, ms in times.items()
    ]
    given = {
        "workload": "mlp_digits",
        "precision": "fp32",
        "threads": 2,
        "batch_size": 32,
        "created": "2026-01-01T00:00:00Z",
        "cpu": "a processor",
        "cores": 2,
        "versions": {arm: "1.0"},
        "source_sha256": "5" * 64,
        "epoch_steps": 45,
        "sum_ms": None,
        "gap": None,
        "epoch_gap": None,
    }
    return Breakdown(arm=arm, fused=fused, parts=parts, **(given | changes))


def exports(arm, outcomes, **changes):
    """Of outcomes by form; ``fixed`` is an export that is right for batches of one size."""
    trials = [
        ExportTrial(
            form=form,
            outcome="ok" if outcome == "fixed" else outcome,
            free_batch={"ok": True, "fixed": False}.get(outcome),
            reason=None if outcome == "ok" else "because",
        )
        for form, outcome in outcomes.items()
    ]
    given = {
        "workload": "mlp_digits",
        "created": "2026-01-01T00:00:00Z",
        "cpu": "a processor",
        "cores": 2,
        "versions": {arm: "1.0"},
        "packages": {},
        "steps": 20,
        "samples": (32, 5),
        "bound": 1e-4,
    }
    return Exports(arm=arm, trials=trials, **(given | changes))


def gpu_timeline(samples=120, arms=("torch", "keras-jax"), **changes):
    """What a GPU did during a race of four rounds, by a replayed trace that says it is synthetic.

    A number of samples, or what NVML tells at each.
    """
    told = [nvml_traces.calls(i) for i in range(samples)] if isinstance(samples, int) else samples
    with Replay(nvml_traces.trace(told)).sampler(frozenset({101, 102})) as sampler:
        pass
    began, share = nvml_traces.BEGAN_NS, len(told) * nvml_traces.PERIOD_NS / 12
    turns = [(began + round((2 + i) * share), began + round((2.8 + i) * share)) for i in range(4 * len(arms))]
    blocks = {arm: turns[i :: len(arms)] for i, arm in enumerate(arms)}
    return timeline(sampler, blocks).model_copy(update=changes)
