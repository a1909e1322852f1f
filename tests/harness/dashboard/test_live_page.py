"""The page of a run that goes on: made when that does no harm, and served to this machine only."""

import http.client
import json
from pathlib import Path

import pytest
from report_factories import manifest, trained, whole_run

from harness.dashboard import live as live_page
from harness.dashboard.live import ABSENT_S, MOST, PAUSE_S, Live
from harness.dashboard.server import LiveFault, Server

SITTING = "mlp_digits-fp32-0"


class Clock:
    now = 100.0

    def monotonic(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(live_page, "time", clock)
    return clock


@pytest.fixture
def live(clock):
    return Live(manifest(), [], Path("runs/mine"))


def embedded(live):
    """What the page carries."""
    text = live.page.decode().partition('id="data">')[2].partition("</script>")[0]
    return json.loads(text)


def test_a_page_is_there_before_anything_is_measured(live):
    assert embedded(live)["live"]["records"] == 0
    assert embedded(live)["live"]["report"] == "runs/mine/report.html"
    assert "connect-src 'self'" in live.page.decode()


@pytest.mark.parametrize(
    ("event", "made"),
    [
        ("torch: import", False),
        ("torch: start", False),
        ("torch: start again", False),
        ("round 1 of 8", False),
        ("inference, round 2 of 8, rerun 1", False),
        ("torch: warm-up", True),
        ("torch: inference, warm-up", True),
        ("torch: train", True),
    ],
)
def test_it_is_made_anew_only_before_what_a_moment_does_no_harm_to(live, clock, event, made):
    clock.now += PAUSE_S
    live.state()
    live.record(trained("torch", 0, 0.9))
    assert embedded(live)["live"]["records"] == 0, "a record alone, of several that come at once, makes none"
    live.step(SITTING, event)
    assert embedded(live)["live"]["records"] == int(made)
    assert live.state()["page"] == 1 + int(made)


def test_it_is_not_made_for_nobody(live, clock):
    clock.now += PAUSE_S
    live.record(trained("torch", 0, 0.9))
    live.step(SITTING, "torch: train")
    assert live.version == 1
    live.state()
    clock.now += ABSENT_S
    live.step(SITTING, "torch: train")
    assert live.version == 1
    live.state()
    live.step(SITTING, "torch: train")
    assert live.version == 2


def test_it_is_not_made_without_anything_new_nor_soon_again(live, clock):
    clock.now += PAUSE_S
    live.state()
    live.step(SITTING, "torch: train")
    assert live.version == 1
    for seed in range(2):
        live.record(trained("torch", seed, 0.9))
        live.step(SITTING, "torch: train")
    assert live.version == 2
    clock.now += PAUSE_S
    live.step(SITTING, "torch: train")
    assert (live.version, embedded(live)["live"]["records"]) == (3, 2)


def test_what_takes_long_is_done_seldom(clock, monkeypatch):
    def slow(*_, **__):
        clock.now += 3.0
        return "<p>"

    monkeypatch.setattr(live_page.page, "render", slow)
    live = Live(manifest(), [], Path("runs/mine"))
    live.record(trained("torch", 0, 0.9))
    clock.now += 3.0 / MOST - 1
    live.state()
    live.step(SITTING, "torch: train")
    assert live.version == 1
    clock.now += 2
    live.step(SITTING, "torch: train")
    assert live.version == 2


def test_the_state_is_what_the_run_told(live, clock):
    live.begin(12, 2)
    live.step(SITTING, "round 3 of 8")
    live.record(trained("torch", 0, 0.9))
    live.record(trained("torch", 0, 0.9).model_copy(update={"attempt": 2}))
    clock.now += 61.25
    assert live.state() == {
        "run": "quick-1",
        "cells": 12,
        "done": 3,
        "now": f"{SITTING}  round 3 of 8",
        "ended": False,
        "elapsed_s": 61.2,
        "page": 1,
    }
    live.end()
    assert live.state()["ended"]


def test_a_resumed_run_is_shown_with_what_it_had(clock):
    live = Live(manifest(), whole_run(), Path("runs/mine"))
    assert embedded(live)["live"]["records"] == 12
    assert embedded(live)["tables"]["speed"]["rows"]


def ask(server, path="/", method="GET", **headers):
    """Status, headers and content of an answer, asked for by any name of a host."""
    connection = http.client.HTTPConnection("127.0.0.1", server.http.server_address[1], timeout=60)
    try:
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


@pytest.fixture
def server(live):
    with Server(0) as server:
        server.serve(live)
        yield server


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:8000", "LOCALHOST"])
def test_page_and_state_are_served_under_this_machines_own_names(server, live, host):
    status, headers, content = ask(server, Host=host)
    assert (status, content) == (200, live.page)
    assert headers["Cache-Control"] == "no-store"
    assert headers["Content-Security-Policy"] == "frame-ancestors 'none'"
    assert headers["X-Content-Type-Options"] == "nosniff"
    status, headers, content = ask(server, "/state", Host=host)
    assert (status, headers["Content-Type"], json.loads(content)["run"]) == (200, "application/json", "quick-1")


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8000", "127.0.0.1.evil.example", "localhost@evil", ""])
@pytest.mark.parametrize("path", ["/", "/state"])
def test_a_name_that_only_points_here_is_turned_away(server, live, path, host):
    status, _, content = ask(server, path, Host=host)
    assert status == 421
    assert b"quick-1" not in content


def test_nothing_else_is_there(server):
    assert ask(server, "/../../etc/passwd")[0] == 404
    assert ask(server, "/records")[0] == 404
    assert ask(server, method="POST")[0] == 501


def test_it_listens_on_this_machine_only_and_ends_with_its_context(live):
    with Server(0) as server:
        server.serve(live)
        assert server.http.server_address[0] == "127.0.0.1"
        assert server.url == f"http://127.0.0.1:{server.http.server_address[1]}/"
    with pytest.raises(ConnectionRefusedError):
        ask(server)


def test_a_port_is_had_once():
    with Server(0) as first:
        port = first.http.server_address[1]
        with pytest.raises(LiveFault, match=f"port {port} cannot be had: Address already in use; name another"):
            Server(port)
    with Server(port):
        pass
