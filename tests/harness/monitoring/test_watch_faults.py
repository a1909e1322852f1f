"""Arms that fail while they are watched: told of, and no trouble for the others."""

import csv
import json

import pytest

FAULTY = {
    "segv-open": (0, "SIGSEGV"),
    "error-fit": (0, "epoch: "),
    "segv-fit": (0, "SIGSEGV"),
    "none-short": (0, "not enough values to unpack"),
    "none-predict": (0, "outputs of shape"),
    "nan-fit": (1, "diverged"),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("faults") / "here"


def test_an_arm_that_fails_does_not_stop_the_others(chaos, twinbench, folder):
    arms = ["healthy-one", *FAULTY, "healthy-two"]
    asked = ["--arms", ",".join(arms), "--epochs", "2", "--to", str(folder)]
    ended = twinbench("watch", "softmax_digits", *asked, "--json")
    assert ended.status == 3
    told = {one["arm"]: one for one in json.loads(ended.out)["arms"]}
    assert list(told) == arms
    for arm in ("healthy-one", "healthy-two"):
        assert (told[arm]["epochs"], told[arm]["reason"]) == (2, None)
    assert told["healthy-one"]["scalars"]["loss/test"] == told["healthy-two"]["scalars"]["loss/test"]
    for arm, (epochs, reason) in FAULTY.items():
        assert told[arm]["epochs"] == epochs, arm
        assert reason in told[arm]["reason"]
    assert told["nan-fit"]["scalars"]["loss/train"] is None  # which JSON has no number for
    with (folder / "scalars.csv").open() as file:
        kept = {(row["arm"], row["epoch"]) for row in csv.DictReader(file)}
    assert {arm for arm, epoch in kept if epoch == "2"} == {"healthy-one", "healthy-two"}
    assert ("nan-fit", "1") in kept
