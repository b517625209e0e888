"""A child that ends is started again, ever more slowly, and given up when it keeps ending."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from config import heartbeat
from config.heartbeat import Heartbeat
from config.launch import Launch
from config.processes import is_alive, wait_until
from config.supervisor.children import MOST_DEATHS, Child, Starter

STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready', flush=True); time.sleep(60)"
)
FORKING = "import os, time; print(os.fork(), flush=True); time.sleep(60)"


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def child_of(code: str, log: Path, clock: Clock | None = None) -> Child:
    launch = Launch(name="example", command=(sys.executable, "-c", code), stop_seconds=0.2)
    return Child("example", Starter(launch, log), stop_seconds=0.2, clock=clock or Clock())


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "example.log"


@pytest.fixture
def sleeper(log: Path) -> Iterator[Child]:
    child = child_of("import time; time.sleep(60)", log)
    child.start()
    yield child
    child.kill()
    child.wait(until=time.monotonic() + 5)


@pytest.fixture
def relay(log: Path, tmp_path: Path, clock: Clock) -> Iterator[Child]:
    """A process that shows no life, of which we hear by `clock`."""
    listening = Heartbeat(tmp_path / "beats" / "relay", clock)
    launch = Launch(name="relay", command=(sys.executable, "-c", "import time; time.sleep(60)"), stop_seconds=0.2)
    child = Child(
        "relay", Starter(launch, log, listening), stop_seconds=0.2, listening=listening, most_silence=60, clock=clock
    )
    child.start()
    yield child
    child.kill()
    child.wait(until=time.monotonic() + 5)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def ended(child: Child) -> None:
    assert wait_until(lambda: not child.running, seconds=10)


class TestAChild:
    def test_is_left_alone_while_it_runs(self, sleeper: Child) -> None:
        assert sleeper.look() is None
        assert sleeper.running

    def test_starts_again_after_a_pause(self, log: Path) -> None:
        clock = Clock()
        child = child_of("raise SystemExit(3)", log, clock)
        child.start()
        ended(child)

        assert child.look() == "example ended (status 3), starts again in 0.2 s"
        assert child.look() is None
        clock.now += 0.3
        assert child.look() == "example runs again"
        child.wait(until=time.monotonic() + 10)

    def test_pauses_longer_with_each_death_and_is_given_up(self, log: Path) -> None:
        clock = Clock()
        child = child_of("raise SystemExit(3)", log, clock)
        child.start()
        pauses = []
        for _ in range(MOST_DEATHS):
            ended(child)
            news = child.look()
            assert news is not None
            pauses.append(float(news.split()[-2]))
            clock.now += 5
            child.look()

        assert pauses == [0.2, 0.4, 0.8, 1.6, 3.2]
        assert child.hopeless
        assert not child.running

    def test_is_not_given_up_for_deaths_far_apart(self, log: Path) -> None:
        clock = Clock()
        child = child_of("raise SystemExit(3)", log, clock)
        child.start()
        for _ in range(MOST_DEATHS):
            ended(child)
            child.look()
            clock.now += 20
            child.look()

        assert not child.hopeless
        child.wait(until=time.monotonic() + 10)

    def test_names_the_signal_that_ended_it(self, sleeper: Child) -> None:
        assert sleeper.process is not None
        sleeper.process.kill()
        ended(sleeper)

        assert (sleeper.look() or "").startswith("example ended (signal 9)")

    def test_is_ended_by_force_when_it_does_not_stop(self, log: Path) -> None:
        child = child_of(STUBBORN, log)
        child.start()
        assert wait_until(lambda: "ready" in log.read_text(), seconds=10)
        process = child.process

        child.ask_to_stop()
        child.wait(until=time.monotonic() + 0.2)

        assert process is not None
        assert process.returncode == -signal.SIGKILL

    def test_takes_what_it_forked_along(self, log: Path) -> None:
        child = child_of(FORKING, log)
        child.start()
        assert wait_until(lambda: log.exists() and log.read_text().count("\n") == 2, seconds=10)
        forked = max(int(line) for line in log.read_text().split())
        assert child.process is not None

        child.process.kill()
        ended(child)
        child.look()

        assert wait_until(lambda: not is_alive(forked), seconds=5)


class TestASilentChild:
    def test_says_so(self, relay: Child, clock: Clock) -> None:
        before = relay.state
        clock.now += 16

        assert (before, relay.state) == ("ok", "silent")

    def test_is_well_again_after_a_sign_of_life(
        self, relay: Child, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv(heartbeat.VARIABLE, str(tmp_path / "beats" / "relay"))
        os.utime(tmp_path / "beats" / "relay", (0, 0))
        relay.state  # noqa: B018 -- the supervisor looks now and then
        clock.now += 61
        heartbeat.beat()

        assert relay.look() is None
        assert relay.state == "ok"

    def test_starts_anew_after_a_long_silence(self, relay: Child, clock: Clock) -> None:
        clock.now += 61

        assert relay.look() == "relay showed no life for 60 s and is ended"
        ended(relay)
        assert relay.look() == "relay ended (signal 9), starts again in 0.2 s"
        clock.now += 1
        assert relay.look() == "relay runs again"
        assert relay.state == "ok"


class TestSpawning:
    def test_ends_with_a_killed_parent(self, tmp_path: Path) -> None:
        note = tmp_path / "pid"
        code = (
            "import os, signal, sys; from pathlib import Path; from config.processes import spawn;"
            " child = spawn([sys.executable, '-c', 'import time; time.sleep(60)']);"
            f" Path({str(note)!r}).write_text(str(child.pid)); os.kill(os.getpid(), signal.SIGKILL)"
        )
        subprocess.run([sys.executable, "-c", code], check=False)

        assert wait_until(lambda: not is_alive(int(note.read_text())), seconds=5)
