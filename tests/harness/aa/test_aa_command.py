"""``twinbench aa``: real processes of a cheap arm, their certificate, and what it refuses."""

import json
import os
import signal

import pytest

from harness.aa import filed
from harness.aa.neighbours import neighbours

SMALL = ("--workload", "softmax_digits", "--launches", "8", "--rounds", "2")


@pytest.fixture
def here(chaos, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_certificate_is_made_and_told_to_the_next_run(here, twinbench):
    ended = twinbench("aa", "healthy-one", *SMALL, "--json")
    assert ended.status in (0, 1), ended.err
    (told,) = json.loads(ended.out)
    assert (told["arm"], told["launches"], told["rounds"]) == ("healthy-one", 8, 2)
    assert told["one_launch"].keys() == {"interleaved", "sequential"}
    (path,) = (here / "results" / "aa").glob(f"*-healthy-one-softmax_digits/{filed.NAME}")
    assert json.loads(path.read_text())["content"] == told

    suite = here / "tiny.yaml"
    suite.write_text(
        "title: tiny\narms: [healthy-one, healthy-two]\nworkloads: [softmax_digits]\nlaunches: 1\nrounds: 1\nseeds: 0\n"
    )
    ran = twinbench("run", str(suite), "--unverified", "--json")
    assert ran.status == 0, ran.err
    document = json.loads(ran.out)
    assert document["manifest"]["certificates"] == [told]
    report = (here / document["report"]).read_text()
    assert "arm beside itself" in report.partition("## How often such races err")[2]

    shown = twinbench("aa", "healthy-one", *SMALL, "--resume")
    assert shown.status in (0, 1), "nothing was left to measure"
    assert "healthy-one" in shown.out
    assert len(list((here / "results" / "aa").glob("*/*/records/*"))) == 32


@pytest.mark.long  # another sixteen launches
def test_an_interrupted_race_is_finished_by_resuming(here, start, twinbench):
    race = start("aa", "healthy-one", *SMALL)
    for line in race.stderr:
        if line.startswith("[2/"):
            break
    race.send_signal(signal.SIGINT)
    rest = race.stderr.read()
    assert race.wait(60) == 130
    assert "finish it with: twinbench aa healthy-one" in rest
    measured = {path.name for path in here.glob("results/aa/*/*/records/*")}
    assert measured
    assert twinbench("aa", "healthy-one", *SMALL, "--resume").status in (0, 1)
    after = {path.name for path in here.glob("results/aa/*/*/records/*")}
    assert measured < after


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("healthy-on",), "did you mean 'healthy-one'"),
        (("numpy",), "numpy is a witness"),
        (("healthy-one", "--workload", "softmax_digit"), "did you mean 'softmax_digits'"),
        (("healthy-one", "--workload", "softmax_digits", "--precision", "fp8"), "unknown precision 'fp8'"),
        (("healthy-one", "--workload", "lenet_mnist5k"), "cannot race lenet_mnist5k here"),
        (("healthy-one", *SMALL, "--resume"), "nothing to resume"),
    ],
)
def test_what_cannot_be_raced_is_refused(here, twinbench, arguments, said):
    ended = twinbench("aa", *arguments)
    assert ended.status == 2
    assert said in ended.err
    assert not list(here.glob("results/aa/*"))


def test_seven_launches_are_refused(here, twinbench):
    assert twinbench("aa", "healthy-one", "--launches", "7").status == 2


def test_neighbours_work_and_end_with_the_race(has_ended):
    def children():
        return {int(pid) for pid in open(f"/proc/self/task/{os.getpid()}/children").read().split()}

    before = children()
    with neighbours(2):
        (first, second) = children() - before
    assert has_ended(first)
    assert has_ended(second)
