"""PostgreSQL's binary COPY format: how each type is written and read.

The functions for a row are put together as Python source for the columns at hand: a loop over the columns
with a call for each takes three times as long as straight-line code.
"""

import json
import struct
from collections.abc import Callable, Iterator, Sequence
from typing import Any

Row = tuple[Any, ...]

HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER = struct.pack(">h", -1)
NULL = struct.pack(">i", -1)
TEXT = 25  # type number of text, which an array carries

FIXED = {"boolean": "?", "smallint": "h", "integer": "i", "bigint": "q", "real": "f", "double precision": "d"}
WRITTEN = {  # the bytes of a value
    "bytea": "{}",
    "text": "{}.encode()",
    "character varying": "{}.encode()",
    "json": "dumps({}).encode()",
    "jsonb": "b'\\x01' + dumps({}).encode()",
    "text[]": "text_array({})",
}
READ = {  # the value of bytes
    "bytea": "{}",
    "text": "{}.decode()",
    "character varying": "{}.decode()",
    "json": "loads({})",
    "jsonb": "loads({}[1:])",
    "text[]": "text_list({})",
}


def row_encoder(columns: Sequence[str], types: Sequence[str]) -> Callable[[Sequence[object]], bytes]:
    """Gives the function from one row to its bytes; raises TypeError for a type that is not known here."""
    names = [f"c{i}" for i in range(len(types))]
    scope: dict[str, Any] = {"dumps": _dumps, "text_array": _text_array, "NULL": NULL, "length": len,
                             "pack_length": struct.Struct(">i").pack, "head": struct.pack(">h", len(types))}
    body: list[str] = []
    for name, column, kind in zip(names, columns, types, strict=True):
        if kind in FIXED:
            scope[f"pack_{name}"] = struct.Struct(f">i{FIXED[kind]}").pack
            body.append(f" {name} = NULL if {name} is None else pack_{name}({_size(kind)}, {name})")
        elif kind in WRITTEN:
            body += [f" if {name} is None: {name} = NULL", " else:",
                     f"  {name} = {WRITTEN[kind].format(name)}",
                     f"  {name} = pack_length(length({name})) + {name}"]
        else:
            raise TypeError(f"column {column}: type {kind} cannot be copied")
    return _function("encode", ["def encode(row):", f" ({', '.join(names)},) = row", *body,
                                f" return b''.join((head, {', '.join(names)}))"], scope)


def rows_decoder(types: Sequence[str]) -> Callable[[bytes], list[Row]]:
    """Gives the function from the bytes of a whole COPY to its rows; raises TypeError for an unknown type.

    Rows are read in strides: a run of values of fixed size and the length of what follows them in one
    unpacking. A row in which a stride is interrupted by a null is read value by value.
    """
    scope: dict[str, Any] = {"loads": json.loads, "text_list": _text_list, "slowly": _slow_decoder(types),
                             "int2": struct.Struct(">h").unpack_from}
    scope["margin"] = bytes(16 * len(types))  # a stride of the last row may reach past the end
    body: list[str] = []
    for number, stride in enumerate(_strides(types)):
        body += _read_stride(number, stride, types, scope)
    values = ", ".join(f"v{i}" for i in range(len(types)))
    lines = ["def decode(data):", " data += margin", " rows = []", " add = rows.append",
             f" at = {len(HEADER)}", " while int2(data, at)[0] >= 0:", "  start = at", "  at += 2", *body,
             f"  add(({values},))", " return rows"]
    return _function("decode", lines, scope)


def _strides(types: Sequence[str]) -> Iterator[list[int]]:
    """Gives runs of column numbers: any of fixed size, then at most one that varies, which ends the run."""
    run: list[int] = []
    for number, kind in enumerate(types):
        if kind not in FIXED and kind not in READ:
            raise TypeError(f"type {kind} cannot be read from COPY")
        run.append(number)
        if kind not in FIXED:
            yield run
            run = []
    if run:
        yield run


def _read_stride(number: int, stride: list[int], types: Sequence[str], scope: dict[str, Any]) -> list[str]:
    fixed = [i for i in stride if types[i] in FIXED]
    varying = [i for i in stride if types[i] not in FIXED]
    shape = struct.Struct(">" + "".join(f"i{FIXED[types[i]]}" for i in fixed) + "i" * len(varying))
    scope[f"unpack{number}"] = shape.unpack_from
    targets = ", ".join([f"n{i}, v{i}" for i in fixed] + [f"n{i}" for i in varying])
    lines = [f"  {targets}, = unpack{number}(data, at)", f"  at += {shape.size}"]
    if fixed:
        unexpected = " or ".join(f"n{i} != {_size(types[i])}" for i in fixed)
        lines += [f"  if {unexpected}:", "   row, at = slowly(data, start)", "   add(row)", "   continue"]
    for i in varying:
        value = READ[types[i]].format(f"data[at:at + n{i}]")
        lines += [f"  if n{i} < 0: v{i} = None", f"  else: v{i} = {value}; at += n{i}"]
    return lines


def _slow_decoder(types: Sequence[str]) -> Callable[[bytes, int], tuple[Row, int]]:
    length = struct.Struct(">i").unpack_from
    fixed = {kind: struct.Struct(f">{code}").unpack_from for kind, code in FIXED.items()}
    varying = {kind: _function("read", ["def read(data):", f" return {how.format('data')}"],
                               {"loads": json.loads, "text_list": _text_list}) for kind, how in READ.items()}

    def decode(data: bytes, at: int) -> tuple[Row, int]:
        row: list[Any] = []
        at += 2
        for kind in types:
            (size,) = length(data, at)
            at += 4
            if size < 0:
                row.append(None)
                continue
            if kind in FIXED and size != _size(kind):
                raise TypeError(f"a column of {size} bytes was said to be {kind}")
            row.append(fixed[kind](data, at)[0] if kind in FIXED else varying[kind](data[at:at + size]))
            at += size
        return tuple(row), at

    return decode


def _size(kind: str) -> int:
    return struct.calcsize(f">{FIXED[kind]}")


def _function(name: str, lines: Sequence[str], scope: dict[str, Any]) -> Callable[..., Any]:
    exec("\n".join(lines), scope)  # noqa: S102  (made above from our own words only)
    made: Callable[..., Any] = scope[name]
    return made


def _dumps(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _text_array(values: Sequence[str | None]) -> bytes:
    if not values:
        return struct.pack(">iii", 0, 0, TEXT)
    encoded = [None if value is None else value.encode() for value in values]
    pieces = [NULL if value is None else struct.pack(">i", len(value)) + value for value in encoded]
    return struct.pack(">iiiii", 1, int(None in encoded), TEXT, len(pieces), 1) + b"".join(pieces)


def _text_list(data: bytes) -> list[str | None]:
    dimensions, _, _ = struct.unpack_from(">iii", data)
    if dimensions == 0:
        return []
    if dimensions > 1:
        raise TypeError("only arrays of one dimension can be read")
    (count,) = struct.unpack_from(">i", data, 12)
    values: list[str | None] = []
    at = 20
    for _ in range(count):
        (size,) = struct.unpack_from(">i", data, at)
        at += 4
        values.append(None if size < 0 else data[at:at + size].decode())
        at += max(size, 0)
    return values
