"""Child processes that end with their parent, and a look at processes by number."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

PR_SET_PDEATHSIG = 1
LOOK_EVERY = 0.02

# Loaded before any fork: between fork and exec nothing may be imported.
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def die_with_parent(death_signal: signal.Signals = signal.SIGTERM) -> None:
    """Have the kernel send this process `death_signal` when its parent ends in whatever way; nothing outside Linux.

    The parent is the thread that forked, so children are started from the main thread only.
    """
    if _libc is not None:
        _libc.prctl(PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)


def spawn(
    command: Sequence[str | Path],
    *,
    environment: Mapping[str, str] | None = None,
    output: IO[bytes] | None = None,
    directory: Path | None = None,
    death_signal: signal.Signals | None = signal.SIGTERM,
    user: int | None = None,
    group: int | None = None,
) -> subprocess.Popen[bytes]:
    """Start a child in a session of its own, so that Ctrl-C in the terminal reaches the supervisor alone.

    `output` takes what it prints, on both streams; None leaves it on ours. `death_signal` is what it gets when we end
    without stopping it, None leaves it running then. `user` and `group` are numeric.
    """
    parent = os.getpid()

    def prepare() -> None:
        if death_signal is None:
            return
        die_with_parent(death_signal)
        if os.getppid() != parent:
            os._exit(1)  # The parent ended before the kernel was told to watch it.

    return subprocess.Popen(  # noqa: S603 -- commands are ours, no shell
        [str(part) for part in command],
        env=dict(environment) if environment is not None else None,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT if output is not None else None,
        cwd=directory,
        start_new_session=True,
        preexec_fn=prepare,  # noqa: PLW1509 -- it calls nothing but prctl
        user=user,
        group=group,
        extra_groups=[] if user is not None else None,
    )


def is_alive(pid: int) -> bool:
    """Whether a process of this number runs (a zombie does not)."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return not Path("/proc/self").exists()
    return state != "Z"


def command_line(pid: int) -> str:
    """The command of a running process, empty when there is none."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        if Path("/proc/self").exists():
            return ""
    listing = subprocess.run(  # noqa: S603 -- fixed arguments
        ["ps", "-o", "command=", "-p", str(pid)],  # noqa: S607 -- where it is differs by system
        capture_output=True,
        text=True,
        check=False,
    )
    return listing.stdout.strip()


def wait_until(condition: Callable[[], bool], *, seconds: float) -> bool:
    """Look at a condition again and again; False when `seconds` were not enough."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() >= end:
            return False
        time.sleep(LOOK_EVERY)
    return True


def stop_leftover(pid: int, *, polite: signal.Signals, seconds: float) -> None:
    """End a process that is not our child: politely, and after `seconds` by force."""
    for attempt in (polite, signal.SIGKILL):
        try:
            os.kill(pid, attempt)
        except ProcessLookupError:
            return
        if wait_until(lambda: not is_alive(pid), seconds=seconds):
            return
