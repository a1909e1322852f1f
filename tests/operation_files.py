"""Files as ``make ops`` writes them, of operations that nobody ever timed."""

import json


def document(arm, medians, *, processor="a processor"):
    """What pytest-benchmark tells of one process: ``medians`` in seconds by operation."""
    return {
        "machine_info": {"node": "here", "machine": "x86_64", "cpu": {"brand_raw": processor}},
        "commit_info": {"id": "0" * 40, "dirty": False},
        "benchmarks": [
            {
                "group": operation,
                "name": f"test_operation[{operation}]",
                "fullname": f"benchmarks/ops/bench_ops.py::test_operation[{operation}]",
                "params": {"operation": operation},
                "param": operation,
                "extra_info": {"arm": arm, "threads": 1},
                "options": {"timer": "perf_counter"},
                "stats": {"min": 0.9 * median, "median": median, "iqr": 0.01 * median, "rounds": 100},
            }
            for operation, median in medians.items()
        ],
        "datetime": "2026-01-01T00:00:00+00:00",
        "version": "5.1.0",
    }


def turns(ratios, *, operations=("matmul", "gelu"), rival="keras-jax"):
    """Documents of torch and of a rival in turns; the machine is slower from turn to turn, both in the same way."""
    found = []
    for turn, ratio in enumerate(ratios):
        slower = 1 + 0.1 * turn
        found.append(document("torch", dict.fromkeys(operations, 1e-3 * slower)))
        found.append(document(rival, dict.fromkeys(operations, 1e-3 * slower * ratio)))
    return found


def write(path, documents):
    path.write_text(json.dumps({"documents": documents}), encoding="utf-8")
    return path
