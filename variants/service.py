"""The face of the variants room: which releases there are, what a question finds in one, and who carries it.

What each kind of question means is written once, in `variants.domain.asking`; every answer here equals a
brute-force reading of the files under those rules. A beacon goes about it like this:

    releases = variants.releases()                       # one cheap query, whatever the number of datasets
    asked = variants.answerable(wanted, question)        # raises the reason where none of them can answer
    for release in asked:
        variants.exists(release, question)               # or count, page, carriers
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice
from typing import Any, TypeVar

import psycopg2.errors
from pyroaring import BitMap

from database.engine import Database
from database.moments import Moment
from serving.reasons import Reason
from variants.domain import carriers
from variants.domain.allele import AlleleRow
from variants.domain.asking import form_of
from variants.domain.assembly import canonical_assembly
from variants.domain.cases import Case, Cases, Everybody, cases
from variants.domain.dataset import Place, Release, Sample, Summary
from variants.domain.identifier import identifier
from variants.domain.naming import named_by
from variants.domain.question import Question
from variants.domain.sexes import Sex
from variants.domain.target import Gene, Target, resolve
from variants.domain.witnesses import Stored
from variants.errors import NotAnnotated, ReleaseGone, UnknownAssembly, UnknownGene, UnknownReference
from variants.settings import VariantsSettings
from variants.store import answers, genes, registry, samples
from variants.store.releases import COUNTER, Releases

__all__ = ["COUNTER", "Carried", "Case", "Cases", "Place", "Release", "Sample", "Summary", "Variants"]

Answer = TypeVar("Answer")
_TARGETS = 64  # questions under way in one process at once, each about a few datasets
_NOT_HERE = (UnknownAssembly, UnknownReference, UnknownGene, NotAnnotated)


@dataclass(frozen=True, slots=True)
class Carried:
    """An allele that is found, and how many samples carry it in the way asked."""

    identifier: str
    row: AlleleRow
    number: int
    _who: Stored

    @property
    def ordinals(self) -> BitMap:
        """Those of the samples."""
        return carriers.decode(self._who)


class Variants:
    """The variants of all datasets. Thread-safe; one for each process."""

    def __init__(self, database: Database, settings: VariantsSettings | None = None) -> None:
        """Opens nothing until it is asked."""
        self._database = database
        self._settings = settings or VariantsSettings()
        self._releases = Releases(database)
        self._samples = samples.Samples()
        self._kept_sizes = lru_cache(_TARGETS)(self._sizes)
        self._kept_target = lru_cache(_TARGETS)(lambda release, asked: resolve(asked, release, self._gene))

    def releases(self, moment: Moment | None = None) -> Mapping[str, Release]:
        """The current release of every dataset that has content, by dataset id, as of `moment` or later.

        HOT: one query of one row, none under a moment.
        """
        return self._releases.current(moment)

    def release(self, dataset_id: str) -> Release | None:
        """The current release of a dataset; None where nothing is loaded yet. HOT."""
        return self.releases().get(dataset_id)

    def answerable(self, releases: Sequence[Release], question: Question) -> list[Release]:
        """Those of the releases that the question is about: its assembly, its sequence, its gene.

        An empty list of releases gives an empty list, after the question itself was checked.

        Raises:
            MixedQuestion, IncompleteQuestion, BadPosition, BadBases, BadLength, UnknownVariantType,
                BadShortForm: the question is not well formed, whatever the dataset.
            UnknownAssembly, UnknownReference, UnknownGene, NotAnnotated: none of the releases (at least one)
                can answer; the sentence is that of the release that came nearest.
        """
        form_of(question)
        found, refusals = [], []
        for release in releases:
            try:
                self._target(release, question)
                found.append(release)
            except Reason as reason:
                refusals.append(reason)
        if releases and not found:
            # Reasons that are not about one dataset come first, then whoever was on the right assembly.
            raise min(
                refusals,
                key=lambda reason: (isinstance(reason, _NOT_HERE), isinstance(reason, UnknownAssembly)),
            )
        return found

    def answers(self, release: Release, question: Question) -> bool:
        """True where the question is about this release's assembly, sequences, genes and annotations.

        Raises:
            Reason: the question is not well formed; see `answerable`.
        """
        return self._understood(release, question) is not None

    def exists(self, release: Release, question: Question) -> bool:
        """True where any allele matches. HOT: one query. False where the release does not answer."""
        return self._ask(answers.exists, release, question, False)

    def count(self, release: Release, question: Question) -> int:
        """How many distinct alleles match."""
        return self._ask(answers.count, release, question, 0)

    def page(self, release: Release, question: Question, offset: int, limit: int) -> list[AlleleRow]:
        """Matching alleles in order of place (start, end), reference bases and alternate bases.

        `offset` and `limit` count alleles. Walking the pages meets each allele once.
        """
        target = self._understood(release, question)
        if target is None:
            return []
        with self._reading(release) as connection:
            return answers.page(connection, release, target, offset, limit, step=self._settings.scan_rows)

    def carriers(self, release: Release, question: Question) -> BitMap:
        """The ordinals of the question's carriers (see `variants.domain.asking`); empty without genotypes."""
        return self._ask(answers.carriers, release, question, BitMap())

    def in_place(self, release: Release, question: Question, line: int) -> list[Carried]:
        """The first matching alleles by place, up to the first that at least `line` samples carry.

        Those before it lie near where the question begins: see `variants.domain.trying`. Carriers are those
        of the question.
        """

        def ask(connection: Any, _: Release, target: Target, step: int) -> list[answers.Carried]:
            return answers.in_place(connection, release, target, line, step=step)

        found: list[answers.Carried] = self._ask(ask, release, question, [])
        return _identified(release, found)

    def named(self, release: Release, question: Question, limit: int) -> list[Carried] | None:
        """What a question finds that says which alleles it means, in order of place. HOT: one query.

        None where it may find more than `limit`, or asks how an allele is carried or by whom: `in_place`
        answers those.
        """

        def ask(connection: Any, _: Release, target: Target, _step: int) -> list[answers.Carried] | None:
            return answers.named(connection, release, target, limit)

        found: list[answers.Carried] | None = self._ask(ask, release, question, None)
        return None if found is None else _identified(release, found)

    def named_by(self, release: Release, question: Question) -> str | None:
        """The identifier of the substitution that a question asks for, found or not; None for all else."""
        target = self._understood(release, question)
        return None if target is None else named_by(target, release)

    def count_people(self, release: Release, ordinals: BitMap) -> int:
        """How many distinct persons the samples are of."""
        if release.one_sample_each:
            return len(ordinals)
        return samples.people(self._everybody(release).samples, ordinals)

    def people(self, release: Release) -> int:
        """How many persons all samples are of. HOT."""
        return release.samples if release.one_sample_each else self._kept_sizes(release)[0]

    def most_samples_each(self, release: Release) -> int:
        """How many samples the person has who has most; 1 where there are none. HOT."""
        return 1 if release.one_sample_each else self._kept_sizes(release)[1]

    def _sizes(self, release: Release) -> tuple[int, int]:
        """How many persons there are, and how many samples the person has who has most."""
        each = Counter(sample.person for sample in self._everybody(release).samples)
        return len(each), max(each.values(), default=1)

    def samples(self, release: Release, ordinals: BitMap | None, offset: int, limit: int) -> list[Sample]:
        """The samples of these ordinals (None: all) in ordinal order; kept in the process while few."""
        everybody = self._everybody(release).samples
        if ordinals is None:
            return list(everybody[offset : offset + limit])
        return [everybody[ordinal] for ordinal in islice(ordinals, offset, offset + limit)]

    def of_sexes(self, release: Release, sexes: Collection[Sex]) -> BitMap:
        """The ordinals of the samples of persons of these sexes."""
        if not release.has_samples:
            return BitMap()
        return BitMap.union(BitMap(), *(self._everybody(release).of_sex(sex) for sex in set(sexes)))

    def find_samples(
        self,
        release: Release,
        *,
        sample: str | None = None,
        biosample: str | None = None,
        person: str | None = None,
    ) -> list[Sample]:
        """The samples with exactly these names, in ordinal order; at least one name is given."""
        names = {"name": sample, "biosample": biosample, "person": person}
        given = {column: name for column, name in names.items() if name is not None}
        if not given:
            raise ValueError("a sample is found by at least one of its names")
        with self._database.reading() as connection:
            return samples.named(connection, release, given)

    def cases(self, release: Release, row: AlleleRow, offset: int = 0, limit: int | None = None) -> Cases:
        """Who carries an allele of this release and how, in ordinal order."""
        return cases(row, self._everybody(release), offset, limit)

    @staticmethod
    def variant_id(assembly: str, row: AlleleRow) -> str:
        """The identifier of an allele (`variantInternalId`), which `Question(variant_id=...)` finds again.

        `GRCh37-20-1000226-A-T`: 1-based position and bases in shortest VCF spelling; an allele that is
        symbolic or long ends in its kind and a digest instead of bases. Characters are safe in a URL's
        path.
        """
        return identifier(assembly, row)

    def summary(self, dataset_id: str) -> Summary:
        """What is loaded of a dataset, its files and loads. A dataset never loaded has an empty one."""
        with self._database.reading() as connection:
            files, loads = registry.history(connection, dataset_id)
        return Summary(dataset_id, self.release(dataset_id), files, loads)

    def drop(self, dataset_id: str) -> None:
        """Removes every variant, sample, file and load of a dataset. Idempotent.

        Raises:
            LoadConflict: a load of the dataset is running.
        """
        registry.drop(self._database, dataset_id)

    def gene_count(self, assembly: str) -> int:
        """How many genes have coordinates on an assembly."""
        with self._database.reading() as connection:
            return genes.count(connection, canonical_assembly(assembly))

    # --- how a question becomes an answer

    def _ask(
        self,
        answer: Callable[[Any, Release, Target, int], Answer],
        release: Release,
        question: Question,
        otherwise: Answer,
    ) -> Answer:
        target = self._understood(release, question)
        if target is None:
            return otherwise
        with self._reading(release) as connection:
            return answer(connection, release, target, self._settings.scan_rows)

    def _understood(self, release: Release, question: Question) -> Target | None:
        """The question as the release understands it; None where it is not about this release."""
        try:
            return self._target(release, question)
        except _NOT_HERE:
            return None

    def _target(self, release: Release, question: Question) -> Target:
        """The question in the release's terms, kept a while: `answerable` and the answer itself ask for it.

        What depends on more than the release (genes' coordinates may be loaded anew) is not kept. The same
        question is asked with several numbers of carriers: it is understood once.
        """
        if question.least_carriers is not None:
            target = self._target(release, replace(question, least_carriers=None))
            return replace(target, least_carriers=question.least_carriers)
        if question.gene is None and question.carried_by is None:
            target = self._kept_target(release, question)
        else:
            target = resolve(question, release, self._gene)
        return self._among(target, release, question.sexes) if question.sexes else target

    def _among(self, target: Target, release: Release, sexes: Collection[Sex]) -> Target:
        """The target, asked of the samples of persons of these sexes only."""
        found = self.of_sexes(release, sexes)
        if target.carried_by is None and len(found) == release.samples > 0:
            return target  # that is everybody
        inside = frozenset(found if target.carried_by is None else found & BitMap(target.carried_by))
        return replace(target, carried_by=inside)

    def _gene(self, assembly: str, name: str) -> Gene | None:
        with self._database.reading() as connection:
            return genes.find(connection, assembly, name)

    def _everybody(self, release: Release) -> Everybody:
        with self._database.reading() as connection:
            return self._samples.of(connection, release)

    @contextmanager
    def _reading(self, release: Release) -> Iterator[Any]:
        """A connection to ask one release; what was dropped since the release was looked up is a reason."""
        try:
            with self._database.reading() as connection:
                yield connection
        except psycopg2.errors.UndefinedTable:
            raise ReleaseGone(
                f"dataset {release.dataset_id} was loaded anew while it was asked; ask again"
            ) from None


def _identified(release: Release, found: Sequence[answers.Carried]) -> list[Carried]:
    return [Carried(identifier(release.assembly, row), row, number, who) for row, number, who in found]
