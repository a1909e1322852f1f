"""One arm in a process of its own: reads requests from a socket, answers each with one line of JSON.

Started as ``python -P -m harness.run.worker FD PARENT``. The first request, ``start``, says which arm and how it is
set up; only then is a framework imported. An exception ends the request, not the process.
"""

from __future__ import annotations

import contextlib
import dataclasses
import faulthandler
import functools
import importlib
import json
import math
import os
import signal
import socket
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from harness.contract import (
    STOCHASTIC,
    Arm,
    Cell,
    Checkpoint,
    ClassicalArm,
    Dataset,
    Divisible,
    Exportable,
    ExportForm,
    Feeding,
    Inspectable,
    OnDevice,
    Part,
    Portable,
    Resumable,
    Scaling,
    Scope,
    Session,
    Setup,
    Transfer,
    WeightsError,
    Workload,
    layer_of,
)
from harness.measure.memory import Memory
from harness.run.isolation import die_with_parent, keep_out, let_in, limit_cores

if TYPE_CHECKING:
    from harness.contract import Array

STEPS_AFTER_LOADING = 3
"""Untimed steps that open a block: they touch the fresh parameters and slots first."""

FEW = 2
"""Samples of a batch with next to nothing to compute; batch norm wants two."""

MOST_ORDERS = 8
"""Orders of the samples that the epochs of a block go through, again and again."""

SETTLED = 0.05
"""Warm-up ends when two chunks in a row differ by less than this share."""

HEADROOM = 1.25
"""Blocks are made this much longer than asked: a step may be faster later than at the end of the warm-up."""

MOST_WARM_UP_CHUNKS = 8


CHANGES = ("load", "change", "stage", "checkpoint", "resume")
"""What ``probe`` does and has no answer to."""


class Server:
    """The requests that a coordinator may make, one method each; keyword arguments and results are JSON."""

    def __init__(self) -> None:
        self.arm: Arm
        self.session: Session
        self.cell: Cell
        self.workload: Workload
        self.dataset: Dataset
        self.examples: Dataset  # what of it is trained on
        self.samples: tuple[Array, Array] | None = None
        self.served = 0  # size of the batches that passes go through
        self.few = False  # whether the staged batches have so few samples
        self.initial: dict[str, Array]
        self.loaded: dict[str, Array] = {}
        self.changed: set[str] = set()
        self.checkpoint: Checkpoint | None = None
        self.entry: str
        self.setup: Setup
        self.spawned_ns = 0
        self.memory = Memory()

    def start(
        self, entry: str, setup: dict[str, Any], blocked: list[str], meanwhile: list[str], spawned_ns: int
    ) -> dict[str, Any]:
        """Cut cores, keep neighbours out, import and configure the framework.

        Args:
            entry: ``module:factory`` of the arm.
            setup: The fields of a ``Setup``.
            blocked: Modules to keep out for good.
            meanwhile: Modules to keep out until the framework is imported.
            spawned_ns: When the process was started, on the monotonic clock.
        """
        self.spawned_ns = spawned_ns
        self.entry, self.setup = entry, Setup(**setup)
        if self.setup.pinned:
            limit_cores(self.setup.threads)
        keep_out([*blocked, *meanwhile])
        self._configure()
        let_in(meanwhile)  # data sets are read by them
        if self.setup.device == "gpu":
            self.memory.device = cast(OnDevice, self.arm).device_memory
        started = time.perf_counter_ns()
        self.memory.end("import")
        return {"start_s": (started - spawned_ns) / 1e9}

    def replace(self, package: str, folder: str) -> dict[str, Any]:
        """Import the arm's package anew, from another folder, while the framework stays: for planted faults."""
        for name in [name for name in sys.modules if name.partition(".")[0] == package]:
            del sys.modules[name]
        sys.path.insert(0, folder)
        importlib.invalidate_caches()
        self._configure()
        return {}

    def open(
        self,
        cell: dict[str, Any],
        dataset: dict[str, Any],
        arrays: str,
        first_step: bool = True,
        workload: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Build the cell's model, load its initial parameters, stage batches and run the first step.

        Args:
            cell: A ``Cell``; another one than before replaces the session.
            dataset: A ``Dataset`` without its arrays.
            arrays: Path of a safetensors file with the arrays.
            first_step: False leaves the step out, and with it what a framework compiles for training.
            workload: A ``Workload`` in place of the one that the cell names: the gates switch off what is random.
        """
        from safetensors.numpy import load_file

        from harness import matched
        from harness.measure.evidence import has_huge_pages
        from harness.registry import find_workload

        self.cell = Cell(**cell)
        asked = Workload.from_dict(workload) if workload else find_workload(self.cell.workload)
        self.workload = dataclasses.replace(asked, track=self.cell.track)
        held: dict[str, Any] = load_file(arrays)
        self.dataset = Dataset(**dataset, **held)
        self.examples, self.samples = matched.examples(self.dataset, self.workload), None
        self.few, self.loaded, self.changed, self.checkpoint = False, {}, set(), None
        batches = matched.stage_batches(self.examples, self.workload, self.cell.batch_size)
        self.served = self.cell.batch_size

        before = time.perf_counter_ns()
        self.session = self.arm.open(self.workload, batches[0][0].shape[1:], self.dataset.outputs)
        specs = self.session.describe()
        self.initial = self._initial(self.cell.seed)
        self.session.load(self.initial)
        self.session.stage(batches)
        built = time.perf_counter_ns()
        self.memory.end("build")
        began = time.perf_counter_ns()
        first_loss = self.session.run_steps(1) if first_step else None
        stepped = time.perf_counter_ns()
        self.memory.end("first step")
        settings = self.session.settings()
        known = self.workload.architecture.arguments
        if chance := {name: known[name] for name in STOCHASTIC if known.get(name)}:
            settings |= chance
        return {
            "build_s": (built - before) / 1e9,
            "first_step_s": (stepped - began) / 1e9,
            "cold_start_s": (stepped - self.spawned_ns) / 1e9,
            "first_loss": first_loss,
            "parameters": sum(math.prod(spec.shape) for spec in specs.values() if not spec.buffer),
            "settings": settings,
            "huge_pages": has_huge_pages(),
        }

    def baseline(self, cell: dict[str, Any], dataset: dict[str, Any], arrays: str) -> dict[str, Any]:
        """Fit a classical model, which is all that its process does.

        Args:
            cell: A ``Cell`` with a ``baseline``.
            dataset: As for ``open``.
            arrays: As for ``open``.
        """
        from safetensors.numpy import load_file

        from harness.run import fitting

        held: dict[str, Any] = load_file(arrays)
        self.cell, self.dataset = Cell(**cell), Dataset(**dataset, **held)
        return fitting.fit(cast(ClassicalArm, self.arm), self.cell, self.dataset)

    def warm_up(self, block_ms: float, scope: Scope | Part = "step", batch_size: int | None = None) -> dict[str, Any]:
        """Run chunks of steps until their speed is stable; return how many steps fill a block of ``block_ms``.

        A step is what the scope times: with "inference" and "latency" it is a forward pass, with "epoch" an epoch. A
        part of a step is timed like a scope, "input" by epochs.

        Args:
            block_ms: Length of a block.
            scope: What is to be timed.
            batch_size: Of forward passes; None for the cell's.
        """
        run = self._timed(scope, batch_size)
        count, total, previous = 1, 0, 0.0
        for _ in range(MOST_WARM_UP_CHUNKS):
            before = time.perf_counter_ns()
            run(count)
            per_step_ms = (time.perf_counter_ns() - before) / 1e6 / count
            total += count
            if count > 1 and abs(per_step_ms - previous) < SETTLED * previous:
                break
            previous = per_step_ms
            # Halfway to a block's length, so that a slow first chunk cannot make the warm-up long.
            count = max(2, min(count * 16, math.ceil(block_ms / 2 / per_step_ms)))
        return {"steps": max(1, math.ceil(HEADROOM * block_ms / per_step_ms)), "warm_up_steps": total}

    def block(self, steps: int, scope: Scope | Part = "step", batch_size: int | None = None) -> dict[str, Any]:
        """Run one timed block, from the initial parameters so that every block does the same arithmetic."""
        from harness.measure.evidence import Snapshot, foreign, pressure

        run = self._timed(scope, batch_size)
        self.session.load(self.initial)
        if scope not in ("epoch", "input"):  # which have many steps of their own
            run(STEPS_AFTER_LOADING)
        before = Snapshot.now()
        began = time.perf_counter_ns()
        told = run(steps)
        ended = time.perf_counter_ns()
        after = Snapshot.now()
        return {
            "steps": steps,
            "began_ns": began,
            "wall_ns": ended - began,
            "cpu_ns": after.cpu_ns - before.cpu_ns,
            "pressure": pressure(before, after),
            "foreign": foreign(before, after),
            "switches": after.switches - before.switches,
            "told": told,
        }

    def passes(self, count: int, untimed: int, batch_size: int) -> dict[str, Any]:
        """Run forward passes, each timed by itself, behind untimed ones that fill a block.

        Those warm the caches that other arms have used meanwhile. The evidence of who else was running is of all
        passes: the timed ones may be over before the kernel's counters have moved.

        Args:
            count: Passes to be timed.
            untimed: Passes before them.
            batch_size: Of all of them.
        """
        import numpy as np

        from harness.measure.evidence import Snapshot, foreign, pressure

        run = self._timed("latency", batch_size)
        self.session.load(self.initial)
        laps = np.zeros(count, np.int64)
        before = Snapshot.now()
        run(untimed)
        cpu_ns = time.process_time_ns()
        began = time.perf_counter_ns()
        self.session.time_passes(laps)
        ended = time.perf_counter_ns()
        cpu_ns = time.process_time_ns() - cpu_ns
        after = Snapshot.now()
        return {
            "steps": count,
            "began_ns": began,
            "wall_ns": ended - began,
            "cpu_ns": cpu_ns,
            "pressure": pressure(before, after),
            "foreign": foreign(before, after),
            "switches": after.switches - before.switches,
            "pass_ns": laps.tolist(),
            "told": run(1),
        }

    def train(self, seed: int, epochs: int, watched: bool = False) -> dict[str, Any]:
        """Train a whole budget from the initial parameters of ``seed``, then measure on the test set.

        Args:
            seed: Of initial parameters and batch orders.
            epochs: The budget.
            watched: Measure the metric after every epoch too; what that takes is no part of the training.
        """
        from harness import matched
        from harness.metrics import of_samples
        from harness.run.course import Course, unseen

        initial = self._begin(seed)
        orders = list(matched.batch_orders(len(self.examples.x_train), epochs, seed, self.workload.shuffle))
        x = matched.as_input(self.examples.x_train, self.workload.form)
        y = matched.as_target(self.examples.y_train, self.workload)
        samples = matched.as_input(self.dataset.x_test, self.workload.form)
        targets = matched.as_target(self.dataset.y_test, self.workload)
        course = Course(orders, lambda: of_samples(self.session, self.workload, samples, targets)[0])
        reason = unseen(self.workload) if watched else None
        looked_at = watched and reason is None
        before = time.perf_counter_ns()
        losses = self._fit(x, y, course if looked_at else orders, seed)
        train_s = (time.perf_counter_ns() - before) / 1e9 - course.looked_s
        scaled = dataclasses.asdict(cast(Scaling, self.session).loss_scale()) if self.cell.precision == "fp16" else None
        metric, loss = of_samples(self.session, self.workload, samples, targets)
        seen = course.told(self.cell.batch_size) if looked_at else {"course": None, "reasons": {}}
        return {
            **seen,
            **({"reasons": {"course": reason}} if reason else {}),
            "initial_sha256": initial,
            "epoch_losses": losses,
            "metric": metric,
            "test_loss": loss,
            "train_s": train_s,
            "order_sha256": matched.hash_orders(orders),
            "final_sha256": matched.hash_tensors(self.session.dump()),
            "loss_scale": scaled,
            "figures": self._figures(seed, len(losses)),  # last: it may lose the parameters
        }

    def epoch(self, number: int, seed: int, answer: str) -> dict[str, Any]:
        """Train one epoch of a training that is watched, from where the last one ended, and tell how it stands.

        Args:
            number: From 1; 0 begins the training of a ``seed`` and trains nothing yet.
            seed: The same for all epochs of a training.
            answer: Path of the ``.npz`` file to write: the outputs for the test set, and all tensors by name.
        """
        import numpy as np

        from harness import matched
        from harness.metrics import PREDICT_BATCH

        loss, seconds = None, None
        if number == 0:
            self._begin(seed)
        else:
            samples = self.examples.x_train
            *_, order = matched.batch_orders(len(samples), number, seed, self.workload.shuffle)
            x, y = (
                matched.as_input(samples, self.workload.form),
                matched.as_target(self.examples.y_train, self.workload),
            )
            before = time.perf_counter_ns()
            (loss,) = self.session.fit(x, y, [order], self.cell.batch_size, **matched.draws(self.workload, seed))
            seconds = (time.perf_counter_ns() - before) / 1e9
        tests = matched.as_input(self.dataset.x_test, self.workload.form)
        tensors = {f"tensor {name}": tensor for name, tensor in self.session.dump().items()}
        np.savez(answer, outputs=self.session.predict(tests, PREDICT_BATCH), **tensors)  # type: ignore[arg-type]
        rate = self.session.settings().get("learning_rate", self.workload.optimizer.learning_rate)
        return {"loss": loss, "seconds": seconds, "learning_rate": rate}

    def probe(self, what: str, given: str, answer: str, seed: int = 0) -> dict[str, Any]:
        """Do one thing to the open session for the parity gates; arrays go in and out through ``.npz`` files.

        Args:
            what: ``load`` tensors by name; ``change`` some of them, and back those changed before; ``taps`` for
                ``x``, or ``training taps``, as a train step has them, or their last, the ``output``, alone;
                ``gradients`` for ``x`` and ``y``; ``stage`` the batches ``x`` and ``y``, stacked; ``run`` a ``count``
                of steps over them, or of a ``part`` of a step; take one ``step`` and tell its ``loss``; ``fit`` to
                ``x`` and ``y`` in ``orders`` by ``batch_size``, with ``held_x`` and ``held_y`` held out, if there are
                any; keep a ``checkpoint``, and ``resume`` from it; ``predict`` for ``x``; ``dump`` all tensors, as
                ``run`` and ``fit`` do.
            given: Path of the file with the arguments.
            answer: Path of the file to write.
            seed: For ``load``: of what is random in training.
        """
        import numpy as np

        with np.load(given, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        if what in CHANGES:
            self._change(what, arrays, seed)
        np.savez(answer, **({} if what in CHANGES else self._told(what, arrays, seed)))
        told = self.session.describe() if what == "dump" else {}  # of a large model it takes a while
        return {"specs": {name: dataclasses.astuple(spec) for name, spec in told.items()}}

    def _change(self, what: str, arrays: dict[str, Array], seed: int) -> None:
        """Change the session as ``probe`` is asked to."""
        match what:
            case "load":
                self.loaded = {name: array.astype(self._dtype) for name, array in arrays.items()}
                self.session.load(self.loaded, seed)
                self.changed = set()
            case "change":
                back = {name: self.loaded[name] for name in self.changed}
                self.session.change(back | {name: array.astype(self._dtype) for name, array in arrays.items()})
                self.changed = set(arrays)
            case "stage":
                self.session.stage(list(zip(arrays["x"], arrays["y"], strict=True)))
                self.served = 0
            case "checkpoint":
                self.checkpoint = cast(Resumable, self.session).checkpoint()
            case "resume":
                cast(Resumable, self.session).resume(cast(Checkpoint, self.checkpoint))

    def _told(self, what: str, arrays: dict[str, Array], seed: int) -> dict[str, Any]:
        """Return the arrays that ``probe`` is asked for."""
        import numpy as np

        from harness import matched

        found: dict[str, Any]
        match what:
            case "taps" | "training taps":
                found = self.session.taps(arrays["x"], training=what == "training taps")
            case "output":
                found = {"output": self.session.taps(arrays["x"])["output"]}
            case "gradients":
                gradients = self.session.gradients(arrays["x"], arrays["y"])
                found = {**gradients.parameters, "loss": np.array(gradients.loss)}
                found |= {} if gradients.inputs is None else {"inputs": gradients.inputs}
            case "run":
                self._timed(cast(Part, str(arrays["part"])) if "part" in arrays else "step")(int(arrays["count"]))
                found = self.session.dump()
            case "step":
                found = {"loss": np.array(self.session.run_steps(1))}
            case "fit":
                orders, size = list(arrays["orders"]), int(arrays["batch_size"])
                further: dict[str, Any] = matched.draws(self.workload, seed)
                further |= {"held_out": (arrays["held_x"], arrays["held_y"])} if "held_x" in arrays else {}
                losses = self.session.fit(arrays["x"], arrays["y"], orders, size, **further)
                found = self.session.dump() | {"losses": np.array(losses)}
            case "predict":
                found = {"output": self.session.predict(arrays["x"], len(arrays["x"]))}
            case "dump":
                found = self.session.dump()
            case _:
                raise ValueError(f"unknown probe {what!r}")
        return found

    def weights(
        self,
        what: str,
        workload: str,
        sample_shape: list[int],
        outputs: int,
        path: str,
        scratch: str,
        given: str,
        answer: str,
        without_noise: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Carry a weights file into a session, which stays open for ``probe``, or canonical tensors out to a file.

        Args:
            what: ``in`` or ``out``.
            workload: Whose architecture the file is for.
            sample_shape: As for ``Arm.open``.
            outputs: As for ``Arm.open``.
            path: Of the file to read or to write.
            scratch: Path to try things under, with the ending that the framework demands.
            given: Path of the ``.npz`` file with the tensors to write.
            answer: Path of the ``.npz`` file to write, with the canonical tensors that the session then holds.
            without_noise: The ``Workload`` whose session takes these tensors and stays open in the place of the other,
                where that one's outputs have chance in them.
        """
        import numpy as np

        from harness.registry import find_workload
        from harness.run import weights

        self.workload = find_workload(workload)

        def fresh() -> Portable:
            return cast(Portable, self.arm.open(self.workload, tuple(sample_shape), outputs))

        told: dict[str, Any] = {}
        tensors: dict[str, Any] = {}
        try:
            if what == "in":
                self.session, told = weights.carry_in(fresh, path, scratch)
            else:
                with np.load(given, allow_pickle=False) as stored:
                    tensors = {name: stored[name] for name in stored.files}
                self.session = session = fresh()
                weights.carry_out(session, tensors, path)
            tensors = self.session.dump()
            if without_noise:
                self.session = self.arm.open(Workload.from_dict(without_noise), tuple(sample_shape), outputs)
                self.session.load(tensors)
        except (WeightsError, OSError) as error:
            told = {"refused": str(error)}
        np.savez(answer, **tensors)
        return told

    def export(self, form: ExportForm, path: str, batch: int | None, given: str, answer: str) -> dict[str, Any]:
        """Write the open session's model in a form of its framework, and tell how long that took.

        Args:
            form: One of the arm's.
            path: File to write, or folder.
            batch: See ``Exportable``.
            given: Path of an ``.npz`` file with ``x``, canonical samples.
            answer: Path of the ``.npz`` file to write: ``inputs`` as the framework has them, and the model's own
                ``outputs`` for them.
        """
        import numpy as np

        with np.load(given, allow_pickle=False) as stored:
            x = stored["x"]
        session = cast(Exportable, self.session)
        inputs, outputs = session.answer(x)
        np.savez(answer, inputs=inputs, outputs=outputs)
        began = time.perf_counter_ns()
        session.export(form, path, inputs, batch)
        return {"seconds": (time.perf_counter_ns() - began) / 1e9}

    def run_export(self, run: str, path: str, given: str, answer: str) -> dict[str, Any]:
        """Run what was exported by its own runtime.

        Args:
            run: See ``Export``.
            path: What was written.
            given: Path of an ``.npz`` file with the ``inputs``.
            answer: Path of the ``.npz`` file to write, with the ``outputs``.
        """
        import numpy as np

        module, _, function = run.partition(":")
        with np.load(given, allow_pickle=False) as stored:
            inputs = stored["inputs"]
        np.savez(answer, outputs=getattr(importlib.import_module(module), function)(path, inputs))
        return {}

    def trace(self, workload: str, sample_shape: list[int], outputs: int) -> dict[str, Any]:
        """Build a workload's model, evaluate it on zeros, and tell its tensors and every call of a module.

        Args:
            workload: Whose architecture it is.
            sample_shape: As for ``Arm.open``.
            outputs: As for ``Arm.open``.
        """
        import numpy as np

        from harness.registry import find_workload

        asked = find_workload(workload)
        session = self.arm.open(asked, tuple(sample_shape), outputs)
        zeros = np.zeros((1, *sample_shape), "int64" if asked.form == "tokens" else "float32")
        return {
            "calls": [dataclasses.asdict(call) for call in session.calls(zeros)],
            "specs": {name: dataclasses.astuple(spec) for name, spec in session.describe().items()},
        }

    def operations(self) -> dict[str, Any]:
        """Tell which operations a train step of the open session is made of: name, type of what it gives, how often."""
        found = cast(Inspectable, self.session).operations()
        return {"counts": [(name, dtype, count) for (name, dtype), count in found.items()]}

    def data(self) -> dict[str, str]:
        """Return the hashes of what this process trains on: of the batches, as the framework holds them."""
        from harness import matched

        self.session.stage(matched.stage_batches(self.examples, self.workload, self.workload.batch_size))
        self.served = self.workload.batch_size
        fed: list[tuple[Array, Array]] = []
        if self.workload.loading:
            orders = matched.first_orders(self.examples, self.workload)

            def taken(x: Array, y: Array) -> None:
                fed.append((x.copy(), y.copy()))  # what comes next may be written over it

            cast(Feeding, self.session).feed(*self._samples(), orders, self.workload.batch_size, taken=taken)
        return matched.hash_data(self.dataset, self.workload, self.session.held(), fed)

    def epochs(self, workload: dict[str, Any], outputs: int, given: str, answer: str, seed: int = 0) -> dict[str, Any]:
        """Train a model that no cell describes for an epoch for each of ``orders``, then predict.

        Args:
            workload: A ``Workload``, with its batch size.
            outputs: As for ``Arm.open``.
            given: Path of an ``.npz`` file with ``x``, ``y``, ``orders`` and the parameters by name.
            seed: Of what is drawn.
            answer: Path of the ``.npz`` file to write: ``losses`` as the epochs report them, and outputs predicted in
                batches (``batched``) and one by one (``single``), and what the parameters are now, by name.
        """
        import numpy as np

        with np.load(given, allow_pickle=False) as stored:
            tensors = {name: stored[name] for name in stored.files}
        x, y, orders = (tensors.pop(name) for name in ("x", "y", "orders"))
        asked = Workload.from_dict(workload)
        session = self.arm.open(asked, x.shape[1:], outputs)
        session.load(tensors, seed)
        found: dict[str, Any] = {
            "losses": np.array(session.fit(x, y, orders, asked.batch_size)),
            "batched": session.predict(x, asked.batch_size),
            "single": session.predict(x, 1),
        }
        np.savez(answer, **(found | session.dump()))
        return {}

    def exercise(
        self, module: str, function: str, arguments: dict[str, Any], given: str, answer: str
    ) -> dict[str, Any]:
        """Call one function of the arm's ``exercises`` (see ``ArmSpec``); arrays go through ``.npz`` files as above."""
        import numpy as np

        with np.load(given, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        np.savez(answer, **getattr(importlib.import_module(module), function)(arrays, **arguments))
        return {}

    def ceiling(self, module: str, function: str, arguments: dict[str, Any], samples: int) -> dict[str, Any]:
        """Time a piece of work of the arm's ``exercises/ceilings.py``, see ``harness.measure.ceilings``."""
        from harness.measure.ceilings import sample

        held = importlib.import_module(module)
        return dataclasses.asdict(sample(getattr(held, function)(**arguments), held.wait, samples))

    def finish(self, frameworks: list[str], phase: str = "step") -> dict[str, Any]:
        """Tell what this process came to: its peak memory, which of the frameworks it loaded, what it began with.

        Args:
            frameworks: Those that are looked for.
            phase: What it did since it opened its cell, or since it was asked last.
        """
        from benchmarks.datasets.preparation import sha256

        self.memory.end(phase)
        self.session.load(self.initial)
        arrays = {name: getattr(self.dataset, name) for name in ("x_train", "y_train", "x_test", "y_test")}
        return {
            "peak_rss_bytes": self.memory.highest,
            "phases": self.memory.phases,
            "device_memory": {name: dataclasses.asdict(peaks) for name, peaks in self.memory.on_device.items()},
            "frameworks": sorted(set(frameworks) & sys.modules.keys()),
            "initial_sha256": self._loaded_sha256(),
            "dataset_sha256": sha256(**arrays),
        }

    def _timed(self, scope: Scope | Part, batch_size: int | None = None) -> Callable[[int], float]:
        self._stage(few=scope == "dispatch")
        match scope:
            case "epoch" | "input":
                return self._epochs(steps=scope == "epoch")
            case "inference" | "latency":
                self._serve(batch_size or self.cell.batch_size)
                return self.session.infer
            case "forward" | "forward+backward" | "optimizer" | "bookkeeping":
                return functools.partial(cast(Divisible, self.session).run_part, scope)
        return self.session.run_steps

    def _serve(self, batch_size: int) -> None:
        """Let forward passes go through batches of a size, over the samples that train steps go through."""
        from harness import matched

        if batch_size != self.served:
            self.session.serve(matched.stage_inputs(self.examples, self.workload, batch_size))
            self.served = batch_size

    def _stage(self, few: bool) -> None:
        """See to it that the staged batches are of the cell's size, or of so few samples that nothing is less."""
        from harness import matched

        if few != self.few:
            size = FEW if few else self.cell.batch_size
            self.session.stage(matched.stage_batches(self.examples, self.workload, size))
            self.few, self.served = few, size

    def _epochs(self, steps: bool) -> Callable[[int], float]:
        """Return what trains so many epochs, as a whole training does, and tells the last one's loss.

        Args:
            steps: False leaves the steps out, and with them the loss.
        """
        from harness import matched

        x, y = self._samples()
        orders = list(matched.batch_orders(len(x), MOST_ORDERS, 0, self.workload.shuffle))
        draws = matched.draws(self.workload, 0)

        def train(count: int) -> float:
            chosen = [orders[number % MOST_ORDERS] for number in range(count)]
            if not steps:
                cast(Divisible, self.session).feed(x, y, chosen, self.cell.batch_size, **draws)
                return 0.0
            return self.session.fit(x, y, chosen, self.cell.batch_size, **draws)[-1]

        return train

    def _samples(self) -> tuple[Array, Array]:
        """Return what is trained on, canonical: the same arrays every time, as an arm converts them once."""
        from harness import matched

        if self.samples is None:
            x = matched.as_input(self.examples.x_train, self.workload.form)
            self.samples = x, matched.as_target(self.examples.y_train, self.workload)
        return self.samples

    def _configure(self) -> None:
        from harness.registry import make_arm

        self.arm = make_arm(self.entry, self.setup)

    def _begin(self, seed: int) -> str:
        """Load what a training begins with, and return the hash of the parameters as the seed draws them."""
        self.session.load(self._initial(seed), seed)
        initial = self._loaded_sha256()
        if self.workload.transfer:
            self.session.load(self._learnt(seed), seed)
        return initial

    def _learnt(self, seed: int) -> dict[str, Array]:
        """Return initial parameters, all but what begins fresh as the source of a transfer has learnt them."""
        from harness import registry

        transfer = cast(Transfer, self.workload.transfer)
        if pretrained := registry.find_pretrained(transfer.source):
            learnt = {name: tensor.astype(self._dtype) for name, tensor in pretrained.tensors().items()}
        else:
            learnt = self._train_source(transfer.source, seed)
        initial = self._initial(seed)
        return {**learnt, **{name: initial[name] for name in initial if layer_of(name, transfer.fresh)}}

    def _train_source(self, name: str, seed: int) -> dict[str, Array]:
        """Return what another workload's session has learnt by the end of its budget, in the same track."""
        from harness import matched, registry

        source = dataclasses.replace(registry.find_workload(name), track=self.workload.track)
        dataset = matched.examples(registry.load_dataset(source.dataset), source)
        x, y = matched.as_input(dataset.x_train, source.form), matched.as_target(dataset.y_train, source)
        session = self.arm.open(source, x.shape[1:], dataset.outputs)
        session.load(self._initial(seed), seed)
        session.fit(x, y, matched.batch_orders(len(x), source.epochs, seed, source.shuffle), source.batch_size)
        return session.dump()

    def _fit(self, x: Array, y: Array, orders: Iterable[Array], seed: int) -> list[float]:
        from harness import matched

        workload = self.workload
        held = matched.held_out(self.dataset, workload)
        if workload.checkpointing is None:
            further = matched.draws(workload, seed) | ({"held_out": held} if workload.stopping else {})
            return self.session.fit(x, y, orders, self.cell.batch_size, **further)
        from harness.run import checkpointed

        def another() -> Resumable:
            return cast(Resumable, self.arm.open(workload, x.shape[1:], self.dataset.outputs))

        with tempfile.TemporaryDirectory(prefix="twinbench-checkpoints-") as folder:
            self.session, losses = checkpointed.train(
                cast(Resumable, self.session), another, workload, self.cell.arm, (x, y), held, list(orders),
                self.cell.batch_size, seed, Path(folder),
            )  # fmt: skip
        return losses

    def _initial(self, seed: int) -> dict[str, Array]:
        if self.workload.track == "stock":
            return self.session.draw(seed)
        from harness import matched

        chosen = self.workload.architecture
        specs = self.session.describe()
        drawn = matched.initial_parameters(specs, seed, chosen.initial_std, chosen.initializer)
        return {name: tensor.astype(self._dtype) for name, tensor in drawn.items()}

    def _figures(self, seed: int, epochs: int) -> dict[str, float]:
        if not self.workload.figures:
            return {}
        from harness import figures

        def another(workload: Workload) -> Session:
            return self.arm.open(workload, self._samples()[0].shape[1:], self.dataset.outputs)

        return figures.measure(
            self.session, self.workload, self.examples, self.dataset, self._initial(seed), epochs, another
        )

    def _loaded_sha256(self) -> str:
        """Hash what the session holds, in the cell's type: a witness that computes in float64 hashes alike."""
        from harness import matched

        return matched.hash_tensors({name: tensor.astype(self._dtype) for name, tensor in self.session.dump().items()})

    @property
    def _dtype(self) -> str:
        return "float64" if self.cell.precision == "fp64" else "float32"


def main() -> None:
    """Serve requests until the socket closes."""
    faulthandler.enable()
    faulthandler.register(signal.SIGUSR1)  # the coordinator sends it before it kills a hanging worker
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    die_with_parent(int(sys.argv[2]))
    channel = socket.socket(fileno=int(sys.argv[1])).makefile("rw", encoding="utf-8")
    server = Server()
    for line in channel:
        request = json.loads(line)
        try:
            reply = json.dumps({"result": getattr(server, request.pop("do"))(**request)})
        except Exception as error:
            with contextlib.suppress(OSError):  # a full disk must not hide the error
                traceback.print_exc()
            message = f"{type(error).__name__}: {error}".encode(errors="backslashreplace").decode()
            reply = json.dumps({"error": message})
        channel.write(reply + "\n")
        channel.flush()
    os._exit(0)  # thread pools of the frameworks need no farewell, and may hang on one


if __name__ == "__main__":
    main()
