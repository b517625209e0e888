"""Whether an event changed only by addition, judged by two JSON schemas of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Schema = dict[str, Any]


def breaking_changes(old: Schema, new: Schema) -> list[str]:
    """What keeps today's code from reading what was written under `old`, or code of that time from reading today's."""
    return list(_Comparison(old=old, new=new).of("", old, new))


@dataclass(frozen=True, kw_only=True)
class _Comparison:
    old: Schema
    new: Schema

    def of(self, path: str, old: Schema, new: Schema) -> Iterator[str]:
        old, new = _resolved(old, self.old), _resolved(new, self.new)
        where = path.rstrip(".") or "the event"
        for key in ("type", "format", "pattern"):
            if old.get(key) != new.get(key):
                yield f"{where} had the {key} {old.get(key)!r} and now has {new.get(key)!r}"
        kept = new.get("enum")
        gone = [str(value) for value in old.get("enum", ()) if kept is not None and value not in kept]
        if gone:
            yield f"{where} no longer takes {', '.join(gone)}"
        yield from self._properties(path, old, new)
        if "items" in old or "items" in new:
            yield from self.of(f"{path}[].", old.get("items", {}), new.get("items", {}))
        former, present = old.get("anyOf", ()), new.get("anyOf", ())
        if len(former) != len(present):
            yield f"{where} takes other types"
        for before, after in zip(former, present, strict=False):
            yield from self.of(path, before, after)

    def _properties(self, path: str, old: Schema, new: Schema) -> Iterator[str]:
        former, present = old.get("properties", {}), new.get("properties", {})
        was_required, is_required = set(old.get("required", ())), set(new.get("required", ()))
        for name in sorted(former.keys() - present.keys()):
            yield f"{path}{name} is gone"
        for name in sorted((present.keys() - former.keys()) & is_required):
            yield f"{path}{name} is new and required"
        for name in sorted(former.keys() & present.keys()):
            if (name in was_required) != (name in is_required):
                yield f"{path}{name} is {'no longer' if name in was_required else 'now'} required"
            yield from self.of(f"{path}{name}.", former[name], present[name])


def _resolved(schema: Schema, root: Schema) -> Schema:
    reference = schema.get("$ref")
    if reference is None:
        return schema
    definition: Schema = root["$defs"][reference.rpartition("/")[2]]
    return definition
