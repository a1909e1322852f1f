"""Runs that never happened, as a dashboard may meet them: a wide one, thin ones, a hostile one, a large one."""

import math
from dataclasses import replace

from report_factories import (
    breakdown,
    ceilings,
    failed,
    fitted,
    gpu_timeline,
    manifest,
    passed,
    raced,
    status,
    trained,
    waited,
    whole_run,
    workload,
)

from harness import stats
from harness.contract import Architecture, Expectation, Outcome, Technique, Variant
from harness.report.operations import Operations, Row
from harness.report.summary import summarize
from harness.schema import Certificate, Course, Planted, Share, WorkloadChoice

NUMPY = status("numpy", witness=True)
HOSTILE = (
    "</script><script>alert('arm')</script>",
    "<img src=x onerror=alert(1)>",
    "a|b`c`\nd **e** \\f",
    "數字-モデル-ключ",
    "quote\" 'single' &amp; \u202e \ud800",
)

QUICKER = Expectation("train_loss", "quick", "it is <b>quick</b>", against="slow", at_most=-0.1)


def technique():
    variants = tuple(Variant(n, f"the {n} one", workload(f"speed.{n}", target=None)) for n in ("slow", "quick"))
    return Technique("speed", "Speed", "How fast it goes.", variants, (QUICKER,))


def wide():
    """Two workloads in both precisions and both tracks, with all else that a run can have beside them."""
    found = technique()
    named = [*(variant.workload.name for variant in found.variants), "mlp_digits", "diabetes"]
    run = manifest(
        ("torch", "keras-jax", "keras-tensorflow", NUMPY),
        workloads=named,
        precisions=["fp32", "bf16"],
        tracks=["matched", "stock"],
        scopes=["step", "inference"],
        techniques=["speed"],
        baselines=["linear_model", "random_forest"],
        launches=8,
        seeds=5,
        certificates=[certificate()],
        ceilings=ceilings(),
        breakdowns=[
            breakdown("torch", {"forward": 0.2, "forward+backward": 0.6, "optimizer": None, "step": 0.8}),
            breakdown("keras-jax", {"forward": 0.1, "step": 0.5}, fused=True),
        ],
    )
    records = []
    for on in ("mlp_digits", "diabetes"):
        for track in ("matched", "stock"):
            records += whole_run(5, 8, on=on, track=track)
            records += whole_run(5, 0, on=on, track=track, precision="bf16")
            records += [raced("torch", k, 1.0 + 0.01 * (k % 3), on=on, track=track, precision="bf16") for k in range(8)]
            records += [raced("keras-jax", k, 2.5, on=on, track=track, precision="bf16") for k in range(8)]
        records += [passed(arm, k, ms, on=on) for arm, ms in (("torch", 0.5), ("keras-jax", 0.0625)) for k in range(8)]
    watched = next(i for i, record in enumerate(records) if record.timing and record.cell.arm == "torch")
    seen = records[watched].timing.model_copy(update={"gpu": gpu_timeline()})
    records[watched] = records[watched].model_copy(update={"timing": seen})
    records += [trained("numpy", seed, 0.95) for seed in range(5)]
    records += [
        failed("step", "keras-tensorflow", k, Outcome.TIMEOUT, "no answer in 9 s", log="logs/0.log") for k in range(8)
    ]
    for name, loss in (("slow", 0.5), ("quick", 0.3)):
        records += [trained("torch", s, 0.9, losses=(1.0, loss + 0.01 * s), on=f"speed.{name}") for s in range(5)]
    known = {variant.workload.name: variant.workload for variant in found.variants}
    records += [fitted("linear_model", seed, 0.965) for seed in range(5)]
    records += [fitted("random_forest", seed, 0.90 + 0.001 * seed) for seed in range(5)]
    gone = {"outcome": Outcome.CRASHED, "reason": "gone", "on": "diabetes"}
    records += [fitted("random_forest", seed, None, **gone) for seed in range(5)]
    known |= {
        "mlp_digits": workload(),
        "diabetes": workload("diabetes", dataset="diabetes", metric="r2", margin=0.02, target=0.4),
    }
    summary = summarize(run, records, known, {"speed": found}, damaged=["records/a-1.json: not <whole>"])
    return replace(summary, operations=operations())


def beside():
    """Inference at three sizes, latency with too few passes in one arm, and trainings that were watched."""
    run = manifest(("torch", "keras-jax", NUMPY), scopes=["step", "inference", "latency"], inference_batches=[1, 256])
    records = []
    for arm, slow in (("torch", 1.0), ("keras-jax", 0.5)):
        for k in range(3):
            records += [passed(arm, k, slow * (1 + size / 64), batch_size=size) for size in (1, 32, 256)]
            records.append(waited(arm, k, [slow] * (400 if arm == "torch" else 100)))
            records.append(raced(arm, k, 2 * slow))
    for arm in ("torch", "keras-jax", "numpy"):
        for seed in range(3):
            metrics = [0.5, 0.8, 0.95 if seed else 0.85]
            course = Course(steps=40, metrics=metrics, seconds=[0.1] * 3, joules=None)
            records.append(trained(arm, seed, metrics[-1], course=course, reasons={"joules": "no <b>counter</b>"}))
    return summarize(run, records, {"mlp_digits": workload()})


def on_a_gpu(samples=120, **changes):
    """A race of two arms in two of three launches of which a GPU was sampled, the source and the losses as told."""
    records = whole_run(3, 0)
    for k in range(3):
        gpu = gpu_timeline(samples, **changes) if k else None
        records += [raced("torch", k, 2.0, timing_changes={"gpu": gpu}), raced("keras-jax", k, 4.0)]
    return summarize(manifest(), records, {"mlp_digits": workload()})


def certificate():
    """What torch said when it was raced against itself."""
    share = Share(estimate=0.0, low=0.0, high=0.01)
    return Certificate(
        arm="torch",
        workload="mlp_digits",
        precision="fp32",
        threads=2,
        load=0,
        created="2026-01-01T00:00:00Z",
        cpu=None,
        cores=2,
        versions={},
        source_sha256="0" * 64,
        launches=16,
        rounds=10,
        disturbed=0.0,
        verdicts={"SAME": 1.0},
        false_alarms=share,
        covered=share,
        half_width=0.02,
        planted=[Planted(slow_down=0.05, slower=share, faster=share)],
        spread=None,
        one_launch={},
    )


def operations():
    """Two operations; in one of them an arm cannot be paired, and another is of no run."""
    twice = stats.ratio([math.log(2.0)] * 7 + [math.log(2.02)])
    rows = (
        Row("matmul", "torch", (1e-3,) * 8),
        Row("matmul", "keras-jax", (2e-3,) * 8, twice, stats.TimeVerdict.SLOWER),
        Row("matmul", "<b>elsewhere</b>", (2e-3,), note="1 processes, but 8 of torch: they cannot be paired"),
        Row("gelu", "torch", (5e-6,) * 8),
        Row("gelu", "keras-jax", (1e-5,) * 8, twice, stats.TimeVerdict.SLOWER),
    )
    return Operations("torch", rows, "a <fast> processor", "2026-01-01T00:00:00+00:00")


def thin(kind):
    """A run with as little in it as can be, by what there is."""
    crashes = [failed("step", arm, 0, Outcome.CRASHED, "signal 6") for arm in ("torch", "keras-jax")]
    found = {
        "nothing": ([], manifest()),
        "only failures": (crashes, manifest(launches=1, seeds=0)),
        "nobody runs here": ([], manifest((status("torch", supported=False, reason="not installed"),))),
        "one arm": ([r for r in whole_run() if r.cell.arm == "torch"], manifest(["torch"])),
        "one seed": (whole_run(1, 1), manifest(launches=1, seeds=1)),
        "accuracy only": (whole_run(3, 0), manifest(launches=0)),
        "times only": (whole_run(0, 3), manifest(seeds=0)),
    }
    records, run = found[kind]
    return summarize(run, records, {"mlp_digits": workload()})


THIN = ("nothing", "only failures", "nobody runs here", "one arm", "one seed", "accuracy only", "times only")


def hostile():
    """Names, reasons and settings that would like to be something else than text."""
    script, picture, marks, foreign, quotes = HOSTILE
    arms = ("torch", script, marks, foreign)
    network = workload(picture, title=script, dataset=marks, architecture=Architecture("mlp", quotes))
    environment = {"cpu": script, "commit": marks, script: {picture: [foreign, quotes]}}
    run = manifest(
        arms,
        workloads=[picture, foreign],
        run=f"{foreign} {script}",
        created=picture,
        command=["twinbench", "run", script, quotes, marks],
        environment=environment,
    )
    records = [
        r for rival in arms[1:3] for r in whole_run(on=picture, rival=rival, settings={picture: script, marks: marks})
    ]
    records += [failed("step", foreign, 0, Outcome.CRASHED, f"{script}\n{marks} {quotes}", on=picture, log=picture)]
    known = {picture: network, foreign: workload(foreign)}
    return summarize(run, records, known, damaged=[f"{script} {quotes}"])


def large(workloads=120, launches=1, seeds=1):
    """So many workloads that neither a list of filters nor a table shows all of them at once."""
    names = [f"network_{i:03}" for i in range(workloads)]
    run = manifest(workloads=[WorkloadChoice(name=name) for name in names], launches=launches, seeds=seeds)
    records = [r for i, name in enumerate(names) for r in whole_run(seeds, launches, on=name, ratio=1 + i / 10)]
    return summarize(run, records, {name: workload(name) for name in names})
