"""The sequences of assemblies and their ordinals, which linear coordinates are made of."""

from collections.abc import Mapping
from typing import Any

from variants.domain import assembly as known


def add(cursor: Any, assembly: str, contigs: Mapping[str, int | None]) -> dict[str, int]:
    """Gives every sequence of the assembly its ordinal, adding those that are new, within the transaction.

    `contigs` are canonical names with lengths in bases, in order. The chromosomes of a known assembly
    come first, in karyotype order. Ordinals never change.
    """
    # Two processes that add at once take turns: an ordinal belongs to one sequence for ever.
    cursor.execute("SELECT pg_advisory_xact_lock(hashtext('variants.place'), hashtext(%s))", (assembly,))
    there = ordinals(cursor, assembly)
    wanted = {name: known.length(assembly, name) for name in known.contigs(assembly)} | {
        name: length for name, length in contigs.items() if name not in known.contigs(assembly)
    }
    following = max(there.values(), default=0) + 1
    for name, length in wanted.items():
        if name not in there:
            cursor.execute(
                "INSERT INTO variants.place (assembly, name, ordinal, length, accession) "
                "VALUES (%s, %s, %s, %s, %s)",
                (assembly, name, following, length, known.accession(assembly, name)),
            )
            there[name], following = following, following + 1
    return there


def add_to(
    cursor: Any, assembly: str, generation: int, contigs: Mapping[str, int | None]
) -> dict[str, int]:
    """As `add`, and notes that the generation speaks of these; gives the ordinals of all it speaks of."""
    there = add(cursor, assembly, contigs)
    cursor.executemany(
        "INSERT INTO variants.generation_place (generation, ordinal) VALUES (%s, %s) ON CONFLICT DO NOTHING",
        [(generation, there[name]) for name in (*known.contigs(assembly), *contigs)],
    )
    return of_generation(cursor, assembly, generation)


def of_generation(cursor: Any, assembly: str, generation: int) -> dict[str, int]:
    """The ordinals of the sequences that a generation speaks of, by name."""
    cursor.execute(
        "SELECT p.name, p.ordinal FROM variants.generation_place g "
        "JOIN variants.place p ON p.ordinal = g.ordinal AND p.assembly = %s WHERE g.generation = %s",
        (assembly, generation),
    )
    return dict(cursor.fetchall())


def ordinals(cursor: Any, assembly: str) -> dict[str, int]:
    """The ordinals of an assembly's sequences by name, whoever speaks of them."""
    cursor.execute("SELECT name, ordinal FROM variants.place WHERE assembly = %s", (assembly,))
    return dict(cursor.fetchall())
