"""The reference pages under docs/, written from what they describe: settings, commands, operations.

`make reference` writes them; a test holds that they are up to date, so that nothing can be left out.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import yaml
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

import openapi
from insitu.command import cli
from insitu.exits import MEANINGS
from insitu.known import settings_classes

METHODS = ("get", "post", "put", "patch", "delete", "options")

_SETTINGS = """\
# Settings

A site needs none of these: every default starts the embedded site. Each is an environment variable, read when
a command starts. Options on the command line win over them.

This page is written by `make reference`; a test keeps it complete.
"""
_COMMANDS = """\
# Commands

`insitu COMMAND --help` says the same on the terminal. Results go to standard output, progress and reasons to
standard error. `INSITU_DEBUG=1` shows where an error arose.

This page is written by `make reference`; a test keeps it complete.

## Exit codes
"""
_OPERATIONS = """\
# Operations

What each service answers, from its OpenAPI document in `openapi/`. *Governed* operations ask the site's
policy before any data is read; *public* ones say nothing about governed data.

This page is written by `make reference`; a test keeps it complete.
"""


def pages() -> dict[str, str]:
    """The text of each reference page, by file name."""
    return {
        "settings.md": settings_page(),
        "commands.md": commands_page(),
        "operations.md": operations_page(),
    }


def settings_page() -> str:
    """Every setting: the environment variable, its default, and what it does."""
    parts = [_SETTINGS]
    for each in settings_classes():
        room = each.__module__.removesuffix(".settings")
        parts.append(f"## {room}\n\n{(each.__doc__ or '').splitlines()[0]}\n")
        prefix = each.model_config["env_prefix"]
        rows = [
            [f"`{prefix}{name.upper()}`", _default(field), _cell(field.description)]
            for name, field in each.model_fields.items()
        ]
        parts.append(_table(["variable", "default", "what it does"], rows))
    return "\n".join(parts)


def _default(field: FieldInfo) -> str:
    if field.default is PydanticUndefined:
        return "see there" if field.default_factory else "required"
    value = getattr(field.default, "value", field.default)
    shown = {True: "true", False: "false"}.get(value, value) if isinstance(value, bool) else value
    return "none" if shown is None else f"`{shown}`"


def _cell(text: str | None) -> str:
    return " ".join((text or "").split()).replace("|", "\\|")


def commands_page() -> str:
    """Every command with its help, arguments and options, and the exit codes."""
    codes = _table(["code", "means"], [[str(code.value), what] for code, what in MEANINGS.items()])
    return "\n".join([_COMMANDS, codes, *(_command(path, command) for path, command in walk(cli, "insitu"))])


def _table(titles: list[str], rows: list[list[str]]) -> str:
    lines = [titles, ["---"] * len(titles), *rows]
    return "".join(f"| {' | '.join(each)} |\n" for each in lines)


def walk(command: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    """A command and everything under it, in order, each with the words that call it."""
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            if found is not None:
                yield from walk(found, f"{path} {name}")


def _command(path: str, command: click.Command) -> str:
    context = click.Context(command, info_name=path)
    usage = f"{path} {' '.join(command.collect_usage_pieces(context))}"
    text = f"## {path}\n\n    {usage}\n\n{_prose(command.help or '')}\n"
    rows = [
        [f"`{', '.join(each.opts + each.secondary_opts)}`", f"{_cell(each.help)}{_fallback(each)}"]
        for each in command.params
        if isinstance(each, click.Option) and each.name != "help"
    ]
    return text + ("\n" + _table(["option", "what it does"], rows) if rows else "")


def _fallback(option: click.Option) -> str:
    said = []
    if option.required:
        said.append("required")
    if option.show_default and option.default is not None:
        said.append(f"default: {option.default}")
    if isinstance(option.type, click.Choice):
        said.append("one of " + ", ".join(f"`{each}`" for each in option.type.choices))
    if option.envvar:
        said.append(f"variable `{option.envvar}`")
    return f" ({'; '.join(said)})" if said else ""


def _prose(help_text: str) -> str:
    """Click's help as Markdown: a block that is not to be wrapped is an example."""
    blocks = []
    for block in help_text.strip().split("\n\n"):
        lines = [line.strip() for line in block.splitlines()]
        if lines and lines[0] == "\b":
            blocks.append(f"{lines[1]}\n\n" + "\n".join(f"    {line}" for line in lines[2:]))
        else:
            blocks.append("\n".join(lines))
    return "\n\n".join(blocks)


def operations_page() -> str:
    """Every operation of every service."""
    parts = [_OPERATIONS]
    for path in sorted(Path(openapi.__file__).parent.glob("*.yaml")):
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        base = document["servers"][0]["url"]
        parts.append(f"## {document['info']['title']}\n\nUnder `{base}`.\n")
        titles = ["method", "path", "operation", "access", "answers"]
        parts.append(_table(titles, list(_operations(document))))
    return "\n".join(parts)


def _operations(document: dict[str, Any]) -> Iterator[list[str]]:
    for where, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                found = item[method]
                name, access = found["operationId"], found["x-insitu-access"]
                yield [f"`{method.upper()}`", f"`{where}`", f"`{name}`", access, _cell(found.get("summary"))]


def main(folder: str) -> None:
    """Writes the pages into `folder`."""
    for name, text in pages().items():
        Path(folder, name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
