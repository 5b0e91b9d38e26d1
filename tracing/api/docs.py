"""The OpenAPI description as rows of a page."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Parameter:
    """What an operation may be given."""

    name: str
    place: str
    type: str
    needed: bool
    description: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path."""

    method: str
    path: str
    summary: str
    description: str
    parameters: tuple[Parameter, ...]
    takes_body: bool

    @property
    def anchor(self) -> str:
        """Where the page shows it."""
        return f"{self.method}-{self.path.strip('/')}".replace("/", "-").replace("{", "").replace("}", "")


def operations(schema: Mapping[str, Any]) -> tuple[Operation, ...]:
    """All operations of an OpenAPI description, in its order."""
    return tuple(
        _operation(method.upper(), path, found, schema)
        for path, methods in schema["paths"].items()
        for method, found in methods.items()
    )


def _operation(method: str, path: str, found: Mapping[str, Any], schema: Mapping[str, Any]) -> Operation:
    given = [_parameter(parameter) for parameter in found.get("parameters", [])]
    body = found.get("requestBody")
    if body:
        given += _body(body, schema)
    return Operation(
        method, path, found.get("summary", ""), found.get("description", ""), tuple(given), body is not None
    )


def _parameter(found: Mapping[str, Any]) -> Parameter:
    schema = found.get("schema", {})
    description = found.get("description") or schema.get("description", "")
    return Parameter(found["name"], found["in"], _type(schema), found.get("required", False), description)


def _body(body: Mapping[str, Any], schema: Mapping[str, Any]) -> list[Parameter]:
    reference = body["content"]["application/json"]["schema"].get("$ref", "")
    properties = schema["components"]["schemas"].get(reference.rpartition("/")[2], {}).get("properties", {})
    return [
        Parameter(name, "body", _type(property_), False, property_.get("description", ""))
        for name, property_ in properties.items()
    ]


def _type(schema: Mapping[str, Any]) -> str:
    options = [option for option in schema.get("anyOf", [schema]) if option.get("type") != "null"]
    kind = options[0] if options else {}
    bounds = [str(kind[name]) for name in ("minimum", "maximum") if name in kind]
    return str(kind.get("type", "any")) + (f" from {' to '.join(bounds)}" if len(bounds) == 2 else "")
