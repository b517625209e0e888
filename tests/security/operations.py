"""Every operation of the OpenAPI document, ready to be called: whatever it gains is attacked from that day on."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shared_kernel.ids import encode_id, new_id

DOCUMENT: dict[str, Any] = json.loads((Path(__file__).parents[2] / "docs" / "openapi.json").read_text())
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
ANONYMOUS = "anonymous"


@dataclass(frozen=True)
class Operation:
    """One method of one path, as the document describes it."""

    method: str
    path: str
    description: dict[str, Any]

    @property
    def names(self) -> list[str]:
        """The names of the ids in its path."""
        return re.findall(r"{(\w+)}", self.path)

    @property
    def is_for_staff(self) -> bool:
        """Whether it is for staff and services only."""
        return self.path.startswith("/v1/admin/")

    @property
    def schemes(self) -> set[str]:
        """The kinds of credentials it takes."""
        return {scheme for demand in self.description["security"] for scheme in demand or (ANONYMOUS,)}

    @property
    def scopes(self) -> set[str]:
        """The scopes an API key needs for it."""
        return {scope for demand in self.description["security"] for scope in demand.get("api_key", ())}

    @property
    def query(self) -> dict[str, dict[str, Any]]:
        """Its query parameters: name and schema."""
        found = [each for each in self.description.get("parameters", ()) if each["in"] == "query"]
        return {each["name"]: each["schema"] for each in found}

    @property
    def body(self) -> dict[str, Any] | None:
        """The schema of its body, None where it takes none."""
        content = self.description.get("requestBody", {}).get("content", {})
        return content["application/json"]["schema"] if content else None

    @property
    def answer(self) -> dict[str, Any] | None:
        """The schema of what it answers in JSON when all goes well."""
        for status, response in self.description["responses"].items():
            if status.startswith("2") and "application/json" in response.get("content", {}):
                schema: dict[str, Any] = response["content"]["application/json"]["schema"]
                return schema
        return None

    def url(self, ids: Mapping[str, str]) -> str:
        """Its path with these ids; a name that is missing there is one that nobody has thought of yet."""
        return re.sub(r"{(\w+)}", lambda match: ids[match[1]], self.path)

    def random_ids(self) -> dict[str, str]:
        """Ids that nothing has."""
        schemas = {each["name"]: each["schema"] for each in self.description.get("parameters", ())}
        return {name: example(schemas[name]) for name in self.names}

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


OPERATIONS = [
    Operation(method.upper(), path, description)
    for path, item in DOCUMENT["paths"].items()
    for method, description in item.items()
    if method.upper() in METHODS
]


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema that a reference stands for."""
    if "$ref" not in schema:
        return schema
    found: dict[str, Any] = DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return found


def example(schema: dict[str, Any]) -> Any:  # noqa: PLR0911 - one line per kind
    """A value that the schema allows, with everything it names."""
    schema = resolved(schema)
    kind = schema.get("type")
    if "enum" in schema:
        return schema["enum"][0]
    if "properties" in schema:
        return {name: example(part) for name, part in schema["properties"].items()}
    if kind == "array":
        return [example(schema["items"])]
    if kind == "integer":
        return max(1, schema.get("minimum", 1))
    if prefix := re.match(r"\^([a-z]{3})_", schema.get("pattern", "")):
        return encode_id(prefix[1], new_id())
    formats = {"email": f"{new_id()}@example.test", "date-time": "2030-01-31T12:00:00Z"}
    patterns = {"^[A-Z]{2}": "DE", "^[a-zA-Z]{2,3}": "en"}
    for start, text in patterns.items():
        if schema.get("pattern", "").startswith(start):
            return text
    return formats.get(schema.get("format", ""), "x" * max(12, schema.get("minLength", 0)))


def objects(value: Any, pointer: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every object inside a value, with its pointer."""
    if isinstance(value, dict):
        yield pointer, value
        for name, part in value.items():
            yield from objects(part, f"{pointer}/{name}")
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from objects(part, f"{pointer}/{index}")
