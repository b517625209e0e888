"""Records of a CSV file of any size, one at a time, each with the number of the line where it begins."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import BinaryIO, TextIO

BYTE_ORDER_MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"\xef\xbb\xbf": "utf-8-sig"}
DELIMITERS = ",;\t"


class UnreadableFile(ValueError):
    """The file as a whole cannot be imported; its text says why in one sentence."""


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing that is wrong in the file: where a record begins, in which column if it is one, and why."""

    line: int
    column: str | None = None
    reason: str

    def __str__(self) -> str:
        return f"{self.line}: {self.column}: {self.reason}" if self.column else f"{self.line}: {self.reason}"


@dataclass(frozen=True, kw_only=True)
class Row:
    """One record: its cells by column, trimmed, and what is wrong with its form; then some cells may be missing."""

    line: int
    cells: dict[str, str]
    problems: list[Problem] = field(default_factory=list)

    def cell(self, column: str) -> str:
        """The trimmed text of a cell; empty where the file has no such column."""
        return self.cells.get(column, "")


class CsvFile:
    """A CSV file, read once from start to end in constant memory.

    Takes commas, semicolons or tabs, whichever the first line has most of, and notices UTF-16 and UTF-8 with a mark.
    """

    def __init__(self, stream: BinaryIO, *, encoding: str = "utf-8") -> None:
        """Read the header.

        Raises:
            UnreadableFile: there is none, or it cannot be understood.
        """
        self._text = _decoded(stream, encoding)
        first = self._text.readline()
        delimiter = max(DELIMITERS, key=first.count)
        self._records = csv.reader(chain([first], self._text), delimiter=delimiter)
        try:
            self.columns = [name.strip() for name in next(self._records, [])]
        except csv.Error as error:
            raise UnreadableFile(f"The header cannot be read: {error}.") from error
        if not any(self.columns):
            raise UnreadableFile("The file is empty, or does not begin with a line of column names.")
        if not all(map(_is_text, self.columns)):
            raise UnreadableFile(f"The header is not in {encoding}; name another encoding.")
        named = [name for name in self.columns if name]
        if repeated := sorted({name for name in named if named.count(name) > 1}):
            raise UnreadableFile(f"The header names columns twice: {', '.join(repeated)}.")

    def close(self) -> None:
        """Close the stream."""
        self._text.close()

    def rows(self) -> Iterator[Row]:
        """Every record after the header; empty lines are left out, records of a wrong form come with their problems."""
        while True:
            line = self._records.line_num + 1
            try:
                record = next(self._records, None)
            except csv.Error as error:
                yield Row(line=line, cells={}, problems=[Problem(line=line, reason=f"cannot be read: {error}")])
                continue
            if record is None:
                return
            if any(map(str.strip, record)):
                yield self._row(line, record)

    def _row(self, line: int, record: list[str]) -> Row:
        problems = []
        if len(record) != len(self.columns):
            reason = f"has {len(record)} cells, but the header names {len(self.columns)} columns"
            problems.append(Problem(line=line, reason=reason))
        cells = {name: cell.strip() for name, cell in zip(self.columns, record, strict=False) if name}
        problems += [
            Problem(line=line, column=name, reason="holds bytes that are not in the encoding of the file")
            for name, cell in cells.items()
            if not _is_text(cell)
        ]
        return Row(line=line, cells=cells, problems=problems)


def _decoded(stream: BinaryIO, encoding: str) -> TextIO:
    head = stream.read(3)
    stream.seek(0)
    marked = next((name for mark, name in BYTE_ORDER_MARKS.items() if head.startswith(mark)), None)
    try:
        # Bytes that do not fit become marks in their own cell, so that one bad name does not stop the file.
        return io.TextIOWrapper(stream, encoding=marked or encoding, errors="surrogateescape", newline="")
    except LookupError as error:
        raise UnreadableFile(f"{encoding} is not a known encoding.") from error


def _is_text(cell: str) -> bool:
    return "\x00" not in cell and not any("\ud800" <= character <= "\udfff" for character in cell)
