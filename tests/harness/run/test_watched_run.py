"""``twinbench run --watch``: a page while the run goes on, curves beside it, and nothing left behind."""

import json
import os
import re
import signal
import socket
import urllib.error
import urllib.request

import pytest

PATIENCE_S = 60


def get(url):
    with urllib.request.urlopen(url, timeout=PATIENCE_S) as answer:  # noqa: S310 (our own server)
        return answer.read().decode()


def test_a_run_is_watched_until_it_is_interrupted(chaos, start, suite_file, tmp_path, read_pipe):
    os.mkfifo(tmp_path / "gate")
    suite = suite_file("healthy-one", "gated-fit")
    process = start("run", "--unverified", suite, "--results", "results", "--run", "mine", "--timeout", "55", "--watch")
    read_pipe(tmp_path / "gate")  # the second arm trains: what comes before is recorded
    lines = iter(process.stderr.readline, "")
    url = next(found[1] for line in lines if (found := re.match(r"watch it at (http://127\.0\.0\.1:\d+/)$", line)))
    assert next(lines) == "its curves: tensorboard --logdir results/runs/mine/tensorboard\n"
    assert "<h1>Run mine</h1>" in get(url)
    state = json.loads(get(f"{url}state"))
    assert (state["cells"], state["done"], state["ended"]) == (4, 3, False)
    assert state["now"].endswith("gated-fit: train")

    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 130
    assert "Traceback" not in told
    with pytest.raises(urllib.error.URLError):
        get(url)
    curves = (tmp_path / "results" / "runs" / "mine" / "tensorboard" / "softmax_digits-fp32").iterdir()
    assert {path.name for path in curves} == {"healthy-one-launch-0", "gated-fit-launch-0", "healthy-one-seed-0"}


def test_a_finished_run_leaves_its_port(chaos, twinbench, suite_file, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    asked = ("run", "--unverified", suite_file("healthy-one"), "--results", str(tmp_path), "--watch", "--port")
    for name in ("first", "second"):
        ended = twinbench(*asked, str(port), "--run", name)
        assert ended.status == 0
        assert f"watch it at http://127.0.0.1:{port}/\n" in ended.err


def test_a_port_that_is_taken_is_told_of_before_anything_is_measured(twinbench, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        asked = ("run", "--unverified", "quick", "--watch", "--port", port, "--results", str(tmp_path / "results"))
        ended = twinbench(*asked)
    assert ended.status == 2
    assert ended.err == f"twinbench: port {port} cannot be had: Address already in use; name another with --port\n"
    assert list(tmp_path.iterdir()) == []
