"""Sentences beside an answer or in its place: what was not asked, why, and what would open a closed door."""

from collections.abc import Sequence

from beacon.domain.asking import Asked
from beacon.errors import NoSuchCollection, NotAsked, NotGiven, UnknownSequence
from beacon.inquiry import Inquiry
from governance import doors
from governance.datasets import Dataset
from governance.policy.actions import Action
from governance.policy.decision import Decision
from serving.reasons import Reason
from variants.domain.assembly import is_accession
from variants.domain.dataset import Release
from variants.domain.question import Question

NOBODY = "No dataset here can be asked by you."
NO_COLLECTION = "There is no such dataset or cohort, or none that you may know of."
OTHER = "Not asked: the question is not about this dataset's assembly, sequences, genes or annotations."
NAMELESS = "Not asked: this dataset does not tell you anything about a person or sample by name."

_ABSENT = "datasetIds names no dataset that you may ask. See /datasets for those there are"


def refused(inquiry: Inquiry, listed: Sequence[Dataset]) -> Reason | None:
    """Why nothing that a question names may be asked; None where it names nothing.

    `listed` are those of the named that anybody may know of. Of the others the words are the same, whether
    they are hidden or not there.
    """
    caller = inquiry.caller
    if listed and (inquiry.asked.datasets or inquiry.collection is not None):
        said = " ".join(_door(each) for each in listed[: doors.SHOWN])
        if caller.anonymous:
            return NotAsked(f"{said} Send credentials.")
        return NotGiven(said + doors.turned(caller))
    if inquiry.collection is not None:
        return NoSuchCollection(NO_COLLECTION)
    if inquiry.asked.datasets:
        return NotAsked(f"{_ABSENT}, or send credentials.") if caller.anonymous else NotGiven(f"{_ABSENT}.")
    return None


def of_datasets(asked: Asked, visible: Sequence[Decision], listed: Sequence[Dataset]) -> list[str]:
    """What was named and not asked."""
    if not visible:
        return [NOBODY]
    seen = {decision.dataset.id for decision in visible}
    closed = [each for each in listed if each.id not in seen and each.id in asked.datasets]
    seen |= {each.id for each in closed}
    absent = [each[:64] for each in asked.datasets if each not in seen]
    said = [f"Not asked. {_door(each)}" for each in closed[:10]]
    if absent:
        names = ", ".join(absent[:10])
        said.append(f"Not asked, for there are none of these names that you may ask: {names}")
    return said


def of_assembly(question: Question, answering: Sequence[Release]) -> list[str]:
    """A name such as `20` is another place on another assembly: never guessed, and said where implied.

    Raises:
        UnknownSequence: it lies on several assemblies of those that answer.
    """
    if question.assembly is not None or question.reference is None or is_accession(_bare(question.reference)):
        return []
    names = sorted({release.assembly for release in answering})
    if len(names) > 1:
        raise UnknownSequence(
            f"referenceName '{question.reference[:40]}' lies on more than one assembly here: "
            f"add assemblyId, one of {', '.join(names)}."
        )
    return (
        [f"assemblyId was not given: taken as {names[0]}, the assembly of every dataset asked."]
        if names
        else []
    )


def _door(dataset: Dataset) -> str:
    """What opens a dataset to questions."""
    return doors.closed(dataset, Action.BEACON_RECORD)


def _bare(reference: str) -> str:
    return reference.strip().partition(":")[2] or reference
