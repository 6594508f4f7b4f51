"""Schemas of OpenAPI 3.0 compiled once, and what is wrong with a value in one short sentence.

The compiled validator is jsonschema-rs: the interpreted one costs more than the rest of a request. Patterns
run in linear time.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jsonschema_rs

from serving.reasons import Invalid

_TYPES = {
    "integer": "an integer",
    "number": "a number",
    "string": "text",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}
_SENTENCES: Mapping[str, Callable[[Any], str]] = {
    "type": lambda types: "must be " + " or ".join(_TYPES.get(each, str(each)) for each in types),
    "enum": lambda options: "must be one of " + _listed(options),
    "pattern": lambda pattern: f"must match {_shortened(pattern)}",
    "format": lambda format_: f"must be a {format_}",
    "minimum": lambda limit: f"must be at least {limit}",
    "maximum": lambda limit: f"must be at most {limit}",
    "exclusiveMinimum": lambda limit: f"must be more than {limit}",
    "exclusiveMaximum": lambda limit: f"must be less than {limit}",
    "multipleOf": lambda step: f"must be a multiple of {step}",
    "minLength": lambda limit: f"must have at least {limit} characters",
    "maxLength": lambda limit: f"must have at most {limit} characters",
    "minItems": lambda limit: f"must have at least {limit} items",
    "maxItems": lambda limit: f"must have at most {limit} items",
    "uniqueItems": lambda _: "must not hold an item twice",
    "required": lambda name: f"must have {_shortened(name)}",
    "additionalProperties": lambda names: f"must not have {_listed(names)}",
    "anyOf": lambda _: "has none of the allowed forms",
    "oneOf": lambda _: "has none of the allowed forms",
    "not": lambda _: "has a form that is not allowed",
}


class Schema:
    """A schema ready to judge values.

    Raises:
        ValueError: the schema itself does not hold.
    """

    def __init__(self, schema: Mapping[str, Any]) -> None:
        compiled = jsonschema_rs.Draft4Validator(
            _dialect(schema, {}), validate_formats=False, pattern_options=jsonschema_rs.RegexOptions()
        )
        self._is_valid = compiled.is_valid
        self._errors = compiled.iter_errors

    def check(self, value: Any, subject: str = "") -> None:
        """Returns where the value is valid. `subject` begins the sentence (`Body`).

        Raises:
            Invalid: it is not; names the place and what must hold there, never the value.
        """
        try:
            if self._is_valid(value):
                return
            error = next(iter(self._errors(value)))
        except ValueError as deep:
            raise Invalid(f"{subject or 'The value'} is nested too deeply.") from deep
        raise Invalid(_sentence(error, subject))


def _sentence(error: Any, subject: str) -> str:
    error = _nearest(error)
    place = "/".join(_shortened(each) for each in error.instance_path)
    place = f"{subject} at /{place}" if subject and place else place or subject
    say = _SENTENCES.get(error.kind.name)
    return f"{place} {say(error.kind.value) if say else 'is not as the interface describes it'}."


def _nearest(error: Any) -> Any:
    """Of the alternatives' errors the one deepest inside the value: the form that was most likely meant."""
    while error.kind.name in ("anyOf", "oneOf"):
        branches = getattr(error.kind, "context", None)
        inner = [each for branch in branches or () for each in branch]
        deepest = max(inner, key=lambda each: len(each.instance_path), default=None)
        if deepest is None or len(deepest.instance_path) <= len(error.instance_path):
            return error
        error = deepest
    return error


def _listed(names: Sequence[object]) -> str:
    shown = ", ".join(_shortened(each) for each in names[:8] if each is not None)
    return shown + (", ..." if len(names) > 8 else "")


def _shortened(text: object, length: int = 40) -> str:
    shown = "".join(each if each.isprintable() else "?" for each in str(text)[: length + 1])
    return shown if len(shown) <= length else shown[:length] + "..."


def _dialect(schema: Any, seen: dict[int, Any]) -> Any:
    """OpenAPI 3.0's schema as JSON Schema draft 4: `nullable` becomes a type. Resolved parts stay shared."""
    if isinstance(schema, list):
        return [_dialect(each, seen) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if id(schema) not in seen:
        seen[id(schema)] = result = {}
        for key, value in schema.items():
            if key in ("example", "examples", "default", "nullable", "discriminator", "xml", "externalDocs"):
                continue
            result[key] = value if key in ("enum", "required") else _dialect(value, seen)
        if schema.get("nullable") is True:
            _allow_null(result)
    return seen[id(schema)]


def _allow_null(schema: dict[str, Any]) -> None:
    if isinstance(schema.get("type"), str):
        schema["type"] = [schema["type"], "null"]
    if "enum" in schema and None not in schema["enum"]:
        schema["enum"] = [*schema["enum"], None]
