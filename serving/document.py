"""An OpenAPI document, read for what an app needs of it and refused where it asks for what we do not do."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from serving.access import Access
from serving.naming import pythonic

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
PLACES = ("path", "query", "header")
SCALARS = ("string", "integer", "number", "boolean")
RESERVED = frozenset({"body", "caller", "request"})
_TEMPLATE = re.compile(r"\{([^{}/]+)\}")


class DocumentError(Exception):
    """A document and its operations do not fit; the message says where and what to change."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A declared parameter. `kind` is its schema's type or, where `many`, its items' type."""

    name: str
    place: str
    python: str
    required: bool
    kind: str
    many: bool
    commas: bool
    schema: Mapping[str, Any]

    @property
    def default(self) -> Any:
        """The value of an absent parameter."""
        return self.schema.get("default")


@dataclass(frozen=True, slots=True)
class Body:
    """A declared JSON request body. `schema` is resolved and in OpenAPI 3.0's dialect."""

    required: bool
    media_types: tuple[str, ...]
    schema: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the document. `passports` is the member of its body that holds passports, if any."""

    id: str
    method: str
    path: str
    access: Access
    parameters: tuple[Parameter, ...]
    body: Body | None
    produces: tuple[str, ...]
    passports: str | None = None


def load(path: Path) -> dict[str, Any]:
    """The document as it is written.

    Raises:
        DocumentError: it cannot be read or is not YAML.
    """
    try:
        with path.open("rb") as file:
            loaded = yaml.load(file, getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both are safe
    except (OSError, yaml.YAMLError) as error:
        raise DocumentError(f"{path}: cannot be read as YAML: {error}") from error
    if not isinstance(loaded, dict):
        raise DocumentError(f"{path}: is not an OpenAPI document")
    return loaded


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turns whatever is raised about a document into a DocumentError of one line."""
    try:
        yield
    except DocumentError:
        raise
    except RecursionError as error:
        raise DocumentError(f"{path.name}: a schema refers to itself, which is not supported") from error
    except Exception as error:
        raise DocumentError(f"{path.name}: {_first_line(error)}") from error


def operations_of(document: Mapping[str, Any], where: str) -> tuple[Operation, ...]:
    """Every operation of a resolved document.

    Raises:
        DocumentError: an id is missing or used twice, or something is declared that we do not support.
    """
    found: dict[str, Operation] = {}
    for path, method, item, operation in _each(document):
        place = f"{where}: {method.upper()} {path}"
        read = _operation(path, method, item, operation, place)
        if (twin := found.get(read.id)) is not None:
            raise DocumentError(
                f"{place}: operationId {read.id} is already that of {twin.method.upper()} {twin.path}"
            )
        found[read.id] = read
    return tuple(found.values())


def _each(document: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any], Mapping[str, Any]]]:
    for path, item in document.get("paths", {}).items():
        for method in METHODS:
            if method in item:
                yield path, method, item, item[method]


def _operation(
    path: str, method: str, item: Mapping[str, Any], operation: Mapping[str, Any], place: str
) -> Operation:
    identifier = operation.get("operationId")
    if not identifier:
        raise DocumentError(f"{place}: has no operationId")
    try:
        access = Access(operation.get("x-insitu-access"))
    except ValueError:
        raise DocumentError(f"{place}: say `x-insitu-access: public` or `governed`") from None
    declared = {(each["in"], each["name"]): each for each in item.get("parameters", [])}
    declared |= {(each["in"], each["name"]): each for each in operation.get("parameters", [])}
    parameters = tuple(_parameter(each, place) for each in declared.values())
    _check_names(path, parameters, place)
    body = _body(operation.get("requestBody"), place)
    passports = operation.get("x-insitu-passports")
    if passports is not None and (body is None or passports not in body.schema.get("properties", {})):
        raise DocumentError(f"{place}: its body has no member {passports}, in which passports are to be sent")
    produces = tuple(_produces(operation))
    return Operation(identifier, method, path, access, parameters, body, produces, passports)


def _parameter(declared: Mapping[str, Any], place: str) -> Parameter:
    name, where = declared["name"], declared["in"]
    here = f"{place}: parameter {name}"
    if where not in PLACES:
        raise DocumentError(f"{here}: a {where} parameter is not supported")
    schema = declared.get("schema")
    if schema is None:
        raise DocumentError(f"{here}: has no schema")
    many = schema.get("type") == "array"
    kind = (schema.get("items", {}) if many else schema).get("type")
    if kind not in SCALARS:
        raise DocumentError(
            f"{here}: its type must be one of {', '.join(SCALARS)} or an array of one of them"
        )
    if many and where != "query":
        raise DocumentError(f"{here}: an array is supported in the query only")
    commas = not declared.get("explode", False)
    return Parameter(name, where, pythonic(name), bool(declared.get("required")), kind, many, commas, schema)


def _check_names(path: str, parameters: tuple[Parameter, ...], place: str) -> None:
    if set(_TEMPLATE.findall(path)) != {each.name for each in parameters if each.place == "path"}:
        raise DocumentError(f"{place}: the path's templates and its declared path parameters differ")
    seen: dict[str, str] = {}
    for each in parameters:
        if each.python in RESERVED:
            raise DocumentError(f"{place}: parameter {each.name}: the name {each.python} is taken")
        if each.python in seen:
            raise DocumentError(
                f"{place}: parameters {seen[each.python]} and {each.name} are both {each.python}"
            )
        seen[each.python] = each.name


def _body(declared: Mapping[str, Any] | None, place: str) -> Body | None:
    if not declared:
        return None
    content = declared.get("content", {})
    for media_type in content:
        if not is_json(media_type):
            raise DocumentError(f"{place}: a request body of type {media_type} is not supported")
    if not content:
        raise DocumentError(f"{place}: the request body has no content")
    schemas = [each.get("schema", {}) for each in content.values()]
    if any(each != schemas[0] for each in schemas):
        raise DocumentError(f"{place}: the request body's media types must share one schema")
    return Body(bool(declared.get("required")), tuple(each.lower() for each in content), schemas[0])


def _produces(operation: Mapping[str, Any]) -> Iterator[str]:
    for status, response in operation.get("responses", {}).items():
        if str(status).startswith("2"):
            yield from (each.lower() for each in response.get("content", {}))


def is_json(media_type: str) -> bool:
    """True of `application/json` and of types with the `+json` suffix."""
    return media_type.lower() == "application/json" or media_type.lower().endswith("+json")


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0][:200]
