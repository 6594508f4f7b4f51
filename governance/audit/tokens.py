"""The signed tokens of a trail, held against the site's keys, each other, and their columns."""

from collections.abc import Sequence

from governance.audit.chain import Head
from governance.audit.checkpoints import Checkpoint, Token, digest, read_checkpoint
from governance.audit.prunings import read_pruning
from governance.audit.report import Report
from governance.keys.site import BadSignature, PublicKeys


def read_checkpoints(
    tokens: Sequence[Token], keys: PublicKeys, newest: Head | None, report: Report
) -> dict[int, Checkpoint]:
    """The checkpoints that hold, by row; each must name the one before.

    `newest` has number and digest of the last one that was made, as far as that is known outside.
    """
    found: dict[int, Checkpoint] = {}
    before: str | None = None
    for number, token in enumerate(tokens, 1):
        try:
            made = read_checkpoint(token.text, keys)
        except BadSignature as bad:
            report.found("signature", 0, 0, f"checkpoint {number} {bad}")
        else:
            _placed(made, number, before, token, report)
            found[made.head.sequence] = made
            report.checkpoints += 1
        before = digest(token.text)
    if newest is not None:
        _are_all(tokens, newest, report)
    return found


def _placed(made: Checkpoint, number: int, before: str | None, token: Token, report: Report) -> None:
    row = made.head.sequence
    if (made.number, made.previous) != (number, before):
        says = f"checkpoint {made.number} does not follow the one before: some are missing"
        report.found("checkpoint", row, row, says)
    if token.number is not None and (token.number, token.sequence) != (made.number, row):
        says = f"checkpoint {made.number} stands under number {token.number} and row {token.sequence}"
        report.found("checkpoint", row, row, says)
    if made.accepted is not None:
        says = f"a trail that was not whole up to here was accepted on {made.at}: {made.accepted}"
        report.found("accepted", row, row, says)
    if made.unknown:
        report.notes.append(
            f"when seals were begun on {made.at}, the file of the head did not know the last "
            f"{made.unknown} row(s) up to row {row}: a process had died before it wrote the file, or another "
            "machine recorded"
        )


def _are_all(tokens: Sequence[Token], newest: Head, report: Report) -> None:
    if newest.sequence > len(tokens):
        says = f"checkpoints {len(tokens) + 1} to {newest.sequence} are missing: the file outside knows them"
        report.found("unsigned", 0, 0, says)
    elif newest.sequence and digest(tokens[newest.sequence - 1].text) != newest.hash.hex():
        says = f"checkpoint {newest.sequence} is not the one that the file outside knows"
        report.found("unsigned", 0, 0, says)


def read_prunings(
    tokens: Sequence[Token], keys: PublicKeys, report: Report
) -> tuple[Head, dict[str, int]]:
    """The row that the trail now begins after, and what its writers had counted by then."""
    start, writers = Head(), dict[str, int]()
    for number, token in enumerate(tokens, 1):
        try:
            claims = read_pruning(token.text, keys)
        except BadSignature as bad:
            report.found("signature", 0, 0, f"record {number} of pruning {bad}")
            continue
        if claims["first"] != start.sequence + 1:
            says = f"the record of pruning begins at row {claims['first']}: one before it is missing"
            report.found("pruned", start.sequence + 1, claims["upto"], says)
        if token.sequence is not None and token.sequence != claims["upto"]:
            says = f"the record of pruning up to row {claims['upto']} stands under row {token.sequence}"
            report.found("pruned", claims["upto"], claims["upto"], says)
        start, writers = Head(claims["upto"], bytes.fromhex(claims["hash"])), claims["writers"]
        report.pruned = start.sequence
        report.notes.append(
            f"rows {claims['first']} to {claims['upto']} were pruned on {claims['at']} by {claims['by']}"
        )
    return start, writers
