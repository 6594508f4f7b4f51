"""What reaches an operation's function: checked once at start, done for each request."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from serving.document import RESERVED, Body, DocumentError, Operation, Parameter
from serving.query import value_of
from serving.reasons import Invalid
from serving.schema import Schema


@dataclass(frozen=True, slots=True)
class Wants:
    """Which of the arguments beside the declared parameters a function takes."""

    body: bool
    caller: bool
    request: bool


def wants(operation: Operation, function: Callable[..., object]) -> Wants:
    """What the function takes beside its operation's parameters.

    Raises:
        DocumentError: it is asynchronous, lacks a declared parameter, or asks for what nothing fills.
    """
    place = f"{operation.id} ({operation.method.upper()} {operation.path})"
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        raise DocumentError(f"{place}: its function is asynchronous; operations are plain functions")
    taken = inspect.signature(function).parameters
    named = {
        each.name for each in taken.values() if each.kind in (each.KEYWORD_ONLY, each.POSITIONAL_OR_KEYWORD)
    }
    everything = any(each.kind is each.VAR_KEYWORD for each in taken.values())
    filled = {each.python for each in operation.parameters} | (
        RESERVED if operation.body else RESERVED - {"body"}
    )
    _refuse_dropped(operation, named, place, everything=everything)
    for each in taken.values():
        needed = each.default is each.empty and each.kind not in (each.VAR_KEYWORD, each.VAR_POSITIONAL)
        if needed and (each.kind is each.POSITIONAL_ONLY or each.name not in filled):
            raise DocumentError(f"{place}: nothing fills its function's argument {each.name}")
    return Wants("body" in named and operation.body is not None, "caller" in named, "request" in named)


def _refuse_dropped(operation: Operation, named: set[str], place: str, *, everything: bool) -> None:
    for each in operation.parameters:
        if each.python not in named and not everything:
            raise DocumentError(f"{place}: its function does not take {each.python} (parameter {each.name})")
    if operation.body is not None and "body" not in named:
        raise DocumentError(f"{place}: its function does not take body")


class Binder:
    """An operation's parameters, from the texts of a request to the values its function gets."""

    def __init__(self, operation: Operation, *, strict: bool) -> None:
        self.declared = frozenset(each.name for each in operation.parameters if each.place == "query")
        self._strict = strict
        self._query = {each.name: each for each in operation.parameters if each.place == "query"}
        self._path = tuple(each for each in operation.parameters if each.place == "path")
        self._header = tuple(
            (each.name.lower().encode("latin-1"), each)
            for each in operation.parameters
            if each.place == "header"
        )
        self._required = tuple(
            each for each in operation.parameters if each.required and each.place != "path"
        )
        self._absent = {each.python: each.default for each in operation.parameters}
        self._schema = Schema(
            {"type": "object", "properties": {each.name: dict(each.schema) for each in operation.parameters}}
        )
        self._python = {each.name: each.python for each in operation.parameters}

    def bind(
        self,
        path: Mapping[str, str],
        query: tuple[tuple[str, str], ...],
        headers: Mapping[bytes, bytes],
    ) -> dict[str, Any]:
        """The keyword arguments: every declared parameter, absent ones with their default or None.

        Raises:
            Invalid: a parameter is missing, given twice, of the wrong type or against its schema.
        """
        given: dict[str, Any] = {}
        if query:
            self._take_query(query, given)
        for each in self._path:
            given[each.name] = value_of(path[each.name], each.kind, each.name)
        for raw, each in self._header:
            if raw in headers:
                given[each.name] = value_of(_header_text(headers[raw], each.name), each.kind, each.name)
        for each in self._required:
            if each.name not in given:
                raise Invalid(f"{each.name} is required.")
        if not given:
            return dict(self._absent)
        self._schema.check(given)
        return self._absent | {self._python[name]: value for name, value in given.items()}

    def _take_query(self, query: tuple[tuple[str, str], ...], given: dict[str, Any]) -> None:
        for name, text in query:
            parameter = self._query.get(name)
            if parameter is None:
                if self._strict:
                    raise Invalid(f"There is no parameter {_shown(name)} here.")
            elif parameter.many:
                given.setdefault(name, []).extend(_many(text, parameter))
            elif name in given:
                raise Invalid(f"{name} is given twice.")
            else:
                given[name] = value_of(text, parameter.kind, name)


def body_schema(body: Body) -> Schema:
    """The body's schema, compiled."""
    return Schema(body.schema)


def _many(text: str, parameter: Parameter) -> list[Any]:
    if not text:
        return []
    parts = text.split(",") if parameter.commas else [text]
    return [value_of(each, parameter.kind, parameter.name) for each in parts]


def _header_text(raw: bytes, name: str) -> str:
    try:
        return raw.decode("ascii")
    except UnicodeDecodeError:
        raise Invalid(f"The header {name} holds more than ASCII.") from None


def _shown(name: str) -> str:
    return "".join(each if each.isprintable() else "?" for each in name[:60])
