"""Many rows into a table and out of it, by COPY in PostgreSQL's binary format.

Types are named as PostgreSQL's catalogue does: boolean, smallint, integer, bigint, real, double precision,
text, character varying, bytea, text[], json, jsonb. Measured: into a table 2.8 times as fast as the text
format, out of one 3 times as fast as fetching, for rows with bitmaps of some hundred bytes.
"""

import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import sqlalchemy
from psycopg2 import sql

from database.binary import HEADER, TRAILER, Row, row_encoder, rows_decoder
from database.pool import Connection

CHUNK_BYTES = 1 << 18


def copy_rows(connection: Connection | sqlalchemy.Connection, table: str, columns: Sequence[str],
              rows: Iterable[Sequence[object]]) -> int:
    """Writes the rows into the table within the connection's transaction and gives their number.

    `table` is a name or schema.name; the types are the table's own. Rows are encoded as they are sent, so
    memory stays at some chunks of a quarter of a megabyte. Raises TypeError for a column that is not there or
    of a type not known here, struct.error for a value that does not fit its column, and psycopg2's error for
    a row that the table refuses; the transaction is then good for nothing but rolling back.
    """
    raw = _raw(connection)
    target = sql.Identifier(*table.split("."))
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    with raw.cursor() as cursor:
        stream = _Encoded(row_encoder(columns, _types(cursor, target.as_string(raw), columns)), iter(rows))
        command = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT binary)").format(target, names)
        try:
            cursor.copy_expert(command, stream, CHUNK_BYTES)
        except Exception:
            if stream.error is not None:  # what psycopg2 only repeats as text
                raise stream.error from None
            raise
    return stream.rows


def read_rows(connection: Connection | sqlalchemy.Connection, query: str, parameters: Any = None, *,
              types: Sequence[str]) -> list[Row]:
    """Gives all rows of the query, whose columns have the given types; bytea comes as bytes.

    For answers of hundreds of rows with bytea; a short one is as fast through a cursor. Raises TypeError when
    a column of fixed size is not of its type.
    """
    raw = _raw(connection)
    decode = _decoder(tuple(types))
    buffer = io.BytesIO()
    with raw.cursor() as cursor:
        statement = cursor.mogrify(query, parameters).decode()
        cursor.copy_expert(f"COPY ({statement}) TO STDOUT (FORMAT binary)", buffer)
    return decode(buffer.getvalue())


_decoders: dict[tuple[str, ...], Callable[[bytes], list[Row]]] = {}


def _decoder(types: tuple[str, ...]) -> Callable[[bytes], list[Row]]:
    if types not in _decoders:
        _decoders[types] = rows_decoder(types)
    return _decoders[types]


def _types(cursor: Any, table: str, columns: Sequence[str]) -> list[str]:
    cursor.execute("SELECT attname, format_type(atttypid, NULL) FROM pg_attribute "
                   "WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped", (table,))
    types = dict(cursor.fetchall())
    missing = [name for name in columns if name not in types]
    if missing:
        raise TypeError(f"{table} has no column {missing[0]}")
    return [types[name] for name in columns]


def _raw(connection: Connection | sqlalchemy.Connection) -> Connection:
    if isinstance(connection, sqlalchemy.Connection):
        return connection.connection.driver_connection
    return connection


class _Encoded:
    """What COPY reads: the encoded rows as a file, made as it is read."""

    def __init__(self, encode: Callable[[Sequence[object]], bytes], rows: Iterator[Sequence[object]]) -> None:
        self.rows = 0
        self.error: Exception | None = None
        self._chunks = self._encoded(encode, rows)
        self._rest = b""

    def _encoded(self, encode: Callable[[Sequence[object]], bytes],
                 rows: Iterator[Sequence[object]]) -> Iterator[bytes]:
        pieces, size = [HEADER], len(HEADER)
        for row in rows:
            piece = encode(row)
            pieces.append(piece)
            self.rows += 1
            size += len(piece)
            if size >= CHUNK_BYTES:
                yield b"".join(pieces)
                pieces, size = [], 0
        pieces.append(TRAILER)
        yield b"".join(pieces)

    def read(self, size: int) -> bytes:
        """Gives the next bytes, at most `size`; none at the end."""
        try:
            chunk = self._rest or next(self._chunks, b"")
        except Exception as error:
            self.error = error
            raise
        self._rest = chunk[size:]
        return chunk[:size]
