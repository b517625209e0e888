"""One supervised process: started, watched, restarted with backoff, stopped."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from config import heartbeat
from config.environment import ROOT
from config.heartbeat import Heartbeat
from config.launch import Launch
from config.processes import spawn

MOST_DEATHS = 5
WITHIN_SECONDS = 60.0
FIRST_PAUSE = 0.2
LONGEST_PAUSE = 5.0
LARGEST_LOG = 10_000_000
# Longer than a loop or a lost connection is silent in good health.
SILENT_SECONDS = 15.0


class Startable(Protocol):
    """Something that starts as one child process of ours."""

    def start(self) -> subprocess.Popen[bytes]:
        """Start it and return its process."""


class Starter:
    """Starts a launch; its output goes to a file, or to our own when `log` is None."""

    def __init__(self, launch: Launch, log: Path | None, listening: Heartbeat | None = None) -> None:
        self.launch = launch
        self.log = log
        self.listening = listening

    def start(self) -> subprocess.Popen[bytes]:
        """Start the process."""
        environment = {**os.environ, **self.launch.variables}
        if self.listening is not None:
            self.listening.expect()
            environment[heartbeat.VARIABLE] = str(self.listening.path)
        if self.log is None:
            return spawn(
                self.launch.command, environment=environment, directory=ROOT, death_signal=self.launch.death_signal
            )
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > LARGEST_LOG:
            self.log.replace(self.log.with_suffix(".old.log"))
        with self.log.open("ab") as output:
            return spawn(
                self.launch.command,
                environment=environment,
                output=output,
                directory=ROOT,
                death_signal=self.launch.death_signal,
            )


class Child:
    """A process that is started again whenever it ends by itself, but not for ever.

    One that shows life on `listening` is also ended and started again after `most_silence` seconds without.
    """

    def __init__(
        self,
        name: str,
        starter: Startable,
        *,
        stop_signal: signal.Signals = signal.SIGTERM,
        stop_seconds: float,
        listening: Heartbeat | None = None,
        most_silence: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = name
        self.stop_signal = stop_signal
        self.stop_seconds = stop_seconds
        self.process: subprocess.Popen[bytes] | None = None
        self._listening = listening
        self._most_silence = most_silence
        self._starter = starter
        self._clock = clock
        self._deaths: deque[float] = deque(maxlen=MOST_DEATHS)
        self._start_again_at = 0.0

    @property
    def running(self) -> bool:
        """Whether the process is there."""
        return self.process is not None and self.process.poll() is None

    @property
    def state(self) -> str:
        """`ok`, `silent` when it runs but shows no life, or `restarting`."""
        if not self.running:
            return "restarting"
        return "silent" if self._silence() > SILENT_SECONDS else "ok"

    @property
    def hopeless(self) -> bool:
        """Whether it died too often in too short a time."""
        return len(self._deaths) == MOST_DEATHS and self._deaths[-1] - self._deaths[0] <= WITHIN_SECONDS

    def start(self) -> None:
        """Start the process."""
        self.process = self._starter.start()

    def look(self) -> str | None:
        """Notice a death and start again after a pause that grows with each; returns what happened, if anything."""
        if self.running:
            return self._end_if_stuck()
        now = self._clock()
        if self.process is not None:
            status = self.process.returncode
            # What it forked has no parent any more and may hold its port.
            self._signal_group(signal.SIGTERM)
            self.process = None
            self._deaths.append(now)
            recent = sum(1 for death in self._deaths if now - death <= WITHIN_SECONDS)
            pause = min(FIRST_PAUSE * 2 ** (recent - 1), LONGEST_PAUSE)
            self._start_again_at = now + pause
            reason = f"signal {-status}" if status < 0 else f"status {status}"
            return f"{self.name} ended ({reason}), starts again in {pause:.1f} s"
        if now < self._start_again_at or self.hopeless:
            return None
        self.start()
        return f"{self.name} runs again"

    def _silence(self) -> float:
        return self._listening.silence() if self._listening is not None else 0.0

    def _end_if_stuck(self) -> str | None:
        if self._listening is None or self._most_silence is None or self._silence() <= self._most_silence:
            return None
        self.kill()
        self._listening.expect()
        return f"{self.name} showed no life for {self._most_silence:.0f} s and is ended"

    def ask_to_stop(self) -> None:
        """Send the stop signal."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(self.stop_signal)

    def wait(self, *, until: float) -> None:
        """Wait for the end until a moment of the monotonic clock, then end it by force."""
        if self.process is None:
            return
        try:
            self.process.wait(max(0.0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.kill()
            self.process.wait()
        self.process = None

    def kill(self) -> None:
        """End it and everything it started, by force; called from signal handlers, so it does not wait."""
        self._signal_group(signal.SIGKILL)

    def _signal_group(self, each: signal.Signals) -> None:
        # Each child leads a session of its own, so its group holds whatever it forked.
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, each)
