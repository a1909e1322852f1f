"""Who follows a run: when they are told, and what becomes of one that fails."""

import itertools

import pytest

from harness.run.coordinator import Coordinator
from harness.run.followers import Followers
from harness.run.process import Worker
from harness.run.sitting import UNHURRIED
from harness.store.folder import RunFolder


@pytest.fixture
def told(chaos, small_suite, silent, tmp_path, monkeypatch):
    """Steps and records as a follower was told of them, among what workers were asked, in order."""
    found, asked = [], Worker.ask

    def ask(worker, do, *arguments, **more):
        found.append(("ask", do))
        try:
            return asked(worker, do, *arguments, **more)
        finally:
            found.append(("answered", do))

    class Follower(silent):
        def step(self, sitting, event):
            found.append(("step", event))

        def record(self, record):
            found.append(("record", record.cell.scope))

    monkeypatch.setattr(Worker, "ask", ask)
    folder = RunFolder(tmp_path)
    folder.create()
    suite = small_suite("healthy-one", "healthy-two", scopes=["step", "inference"], seeds=2)
    followers = Followers(silent(), [Follower()], pytest.fail)
    assert not Coordinator(suite, folder, followers).run().interrupted
    return found


def test_followers_are_told_when_no_worker_is_at_work(told):
    assert {what for what, _ in told} == {"ask", "answered", "step", "record"}
    working = 0
    for what, _ in told:
        working += {"ask": 1, "answered": -1}.get(what, 0)
        assert not working or what == "ask"


def test_what_follows_an_unhurried_step_is_a_warm_up_or_a_training(told):
    after = {
        following
        for (what, event), (_, following) in itertools.pairwise(told)
        if what == "step" and event.endswith(UNHURRIED)
    }
    assert after == {"warm_up", "train"}


def test_a_follower_that_fails_is_told_of_once_and_the_run_goes_on(silent):
    class Broken(silent):
        def step(self, sitting, event):
            raise OSError("No space left on device")

    display, well, lost = silent(), silent(), []
    followers = Followers(display, [Broken(), well], lost.append)
    for event in ("one", "two"):
        followers.step("s", event)
    assert lost == ["Broken is left out from here on: OSError: No space left on device"]
    assert display.told == well.told == [("s", "one"), ("s", "two")]


def test_an_interruption_is_no_failure_of_a_follower(silent):
    class Interrupted(silent):
        def step(self, sitting, event):
            raise KeyboardInterrupt

    followers = Followers(silent(), [Interrupted()], pytest.fail)
    with pytest.raises(KeyboardInterrupt):
        followers.step("s", "one")
