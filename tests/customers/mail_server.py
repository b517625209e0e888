"""A small SMTP server (RFC 5321) on loopback that takes, refuses or breaks off as it is told."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum


class Manner(StrEnum):
    """How the server treats the next mails."""

    TAKE = "take"
    REFUSE_FOR_NOW = "refuse for now"
    REFUSE = "refuse"
    TAKE_AND_BREAK_OFF = "take and break off"


@dataclass
class MailServer:
    """What the server was told and what it has taken, each mail as text."""

    manner: Manner = Manner.TAKE
    port: int = 0
    taken: list[str] = field(default_factory=list)


class Server(socketserver.ThreadingTCPServer):
    """Listens on a free port of loopback."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, state: MailServer) -> None:
        super().__init__(("127.0.0.1", 0), Conversation)
        self.state = state
        state.port = self.server_address[1]


class Conversation(socketserver.StreamRequestHandler):
    """One client."""

    server: Server

    def handle(self) -> None:
        self.say("220 ready")
        for line in self.rfile:
            verb = line.decode().strip().upper()
            if verb == "DATA":
                self.say("354 go on")
                self.server.state.taken.append(self.mail())
                if self.server.state.manner is Manner.TAKE_AND_BREAK_OFF:
                    return
            self.say(self.answer(verb))
            if verb == "QUIT":
                return

    def answer(self, verb: str) -> str:
        if verb.startswith("RCPT"):
            # Servers like to quote the address, which must not get into our tables.
            if self.server.state.manner is Manner.REFUSE:
                return "550 no such mailbox <guest@example.test>"
            if self.server.state.manner is Manner.REFUSE_FOR_NOW:
                return "451 later, <guest@example.test>"
        return "221 bye" if verb == "QUIT" else "250 ok"

    def mail(self) -> str:
        lines = []
        while (line := self.rfile.readline().decode()) != ".\r\n":
            lines.append(line)
        return "".join(lines)

    def say(self, text: str) -> None:
        self.wfile.write(text.encode() + b"\r\n")


@contextmanager
def running() -> Iterator[MailServer]:
    """Serve on a free port inside the block."""
    state = MailServer()
    with Server(state) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield state
        finally:
            server.shutdown()
            thread.join()
