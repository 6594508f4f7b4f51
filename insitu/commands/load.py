"""`insitu load`: variants, genes, whose the samples are, and objects into the site."""

from pathlib import Path

import click

from insitu import options
from insitu.exits import Exit, Stop
from insitu.house import opened
from insitu.loading import (
    How,
    describe,
    describe_people,
    load_genes_file,
    load_samples_file,
    load_vcf,
    workers_for,
)
from insitu.terminal import say, show

_FILE = click.Path(path_type=Path, dir_okay=False, exists=True, readable=True)


@click.group()
def load() -> None:
    """Load variants, whose the samples are, genes, or objects. Works whether the site is running or not.

    \b
    Examples:
      insitu load vcf cohort.vcf.gz --dataset cohort-1
      insitu load samples cohort.tsv --dataset cohort-1
      insitu load genes gencode.gtf.gz --assembly GRCh38
      insitu load objects /srv/cohort --dataset cohort-1
    """  # noqa: D301


@load.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=_FILE)
@click.option("--dataset", "dataset_id", required=True, help="The dataset, made with `insitu dataset add`.")
@click.option("--workers", type=click.IntRange(1, 64), help="Processes that read.  [default: INSITU_WORKERS]")
@click.option("--reference", type=_FILE, help="FASTA to shift insertions and deletions to the left against.")
@click.option("--strict", is_flag=True, help="Stop at the first line that cannot be read; load nothing then.")
@click.option("--replace", is_flag=True, help="Load a whole new release and let it take the old one's place.")
@options.data_dir
@options.as_json
def vcf(
    *,
    files: tuple[Path, ...],
    dataset_id: str,
    workers: int | None,
    reference: Path | None,
    strict: bool,
    replace: bool,
    data_dir: Path | None,
    as_json: bool,
) -> None:
    """Load VCF or BCF files into a dataset.

    Files may be plain, gzip or BGZF, with or without an index, of many samples, one or none. Files that are
    loaded already are left alone; the same command after an interruption goes on where it stopped. Readers
    see the old release until the new one is whole. Ends with a report that accounts for every record.

    \b
    Examples:
      insitu load vcf cohort.vcf.gz --dataset cohort-1
      insitu load vcf person-*.vcf.gz --dataset clinic --workers 8 --reference GRCh38.fa
      insitu load vcf cohort-v2.bcf --dataset cohort-1 --replace --json > report.json
    """  # noqa: D301
    with opened(data_dir) as house:
        how = How(
            workers or workers_for(files, house.settings.workers), reference, strict=strict, replace=replace
        )
        report = load_vcf(house, dataset_id, files, how)
    if as_json:
        show(report.as_json())
        return
    for line in describe(report):
        click.echo(line)


@load.command()
@click.argument("file", type=_FILE)
@click.option("--dataset", "dataset_id", required=True, help="The dataset that the samples are in.")
@options.data_dir
@options.as_json
def samples(*, file: Path, dataset_id: str, data_dir: Path | None, as_json: bool) -> None:
    """Say whose the samples of a dataset are: biosample, individual and sex.

    FILE is TSV or CSV. Its first line names the columns: `sample`, as in the VCF, and any of `biosample`,
    `individual` and `sex`. Sex is female, male, other or unknown, 2, 1 or 0 as in PED files, or a term such
    as NCIT:C16576. Samples that the file does not name, and columns that it does not have, stay as they are.

    The file is checked as a whole first: a sample that is not there or stands there twice, a biosample of two
    individuals or an individual of two sexes is refused with its line, and nothing is changed.

    \b
    Examples:
      insitu load samples cohort.tsv --dataset cohort-1
      insitu load samples corrections.csv --dataset cohort-1 --json
    """  # noqa: D301
    with opened(data_dir) as house:
        report = load_samples_file(house, dataset_id, file)
    if as_json:
        show(report.as_json())
        return
    for line in describe_people(report):
        click.echo(line)


@load.command()
@click.argument("file", type=_FILE)
@click.option("--assembly", required=True, help="The assembly that the coordinates are on, such as GRCh38.")
@options.data_dir
@options.as_json
def genes(*, file: Path, assembly: str, data_dir: Path | None, as_json: bool) -> None:
    """Load gene coordinates (GTF, GFF3 or BED), for questions by gene.

    They take the place of the genes that were loaded for this assembly before.

    \b
    Example:
      insitu load genes gencode.v46.gtf.gz --assembly GRCh38
    """  # noqa: D301
    with opened(data_dir) as house:
        count = load_genes_file(house, file, assembly)
    if not count:
        raise Stop(f"{file} names no gene on a sequence of {assembly}", Exit.REFUSED)
    if as_json:
        show({"assembly": assembly, "genes": count})
    else:
        say(f"{count:,} genes of {assembly} are known now.")


@load.command()
@click.argument("where", metavar="[PATH|URL]", required=False)
@click.option("--dataset", "dataset_id", required=True, help="The dataset that the objects are of.")
@click.option(
    "--manifest",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    help="A file of JSON lines that lists objects, instead of PATH; - is standard input.",
)
@click.option(
    "--trust", is_flag=True, help="Take the manifest's sizes and checksums without looking at files."
)
@click.option("--bundles", is_flag=True, help="Make a bundle for each folder, too.")
@click.option(
    "--threads",
    type=click.IntRange(1, 64),
    default=8,
    show_default=True,
    help="Files that are read at a time.",
)
@options.data_dir
@options.as_json
def objects(
    *,
    where: str | None,
    dataset_id: str,
    manifest: Path | None,
    trust: bool,
    bundles: bool,
    threads: int,
    data_dir: Path | None,
    as_json: bool,
) -> None:
    """Register files as objects of DRS: a folder, a bucket or one file. Nothing is copied.

    What is given has to lie in one of the site's stores (storage/stores.toml in the data folder). Every file
    is read once, for its checksums; what is registered already and unchanged is not read again, so the same
    command after an interruption goes on where it stopped. Indexes (tbi, csi, bai, crai, gzi) are joined to
    their files by their names. An id is made of the dataset and the content: it never changes, and never
    means other bytes.

    A manifest registers by reference, a line for each object: {"location": "s3://bucket/a.bam", "size": 12,
    "checksums": {"sha-256": "..."}}, with id, name, aliases, description, mime_type, version and times where
    you have them; {"name": "all", "contents": [{"name": "a.bam", "id": "..."}]} is a bundle.

    \b
    Examples:
      insitu load objects /srv/cohort --dataset cohort-1
      insitu load objects s3://bucket/run-7 --dataset cohort-1 --bundles
      insitu load objects --manifest objects.jsonl.gz --trust --dataset cohort-1
    """  # noqa: D301
    from insitu import filing  # noqa: PLC0415

    if (where is None) == (manifest is None):
        raise click.UsageError("give a PATH or URL, or --manifest")
    if manifest is None and trust:
        raise click.UsageError("--trust is for manifests: what a PATH leads to is read")
    if manifest is not None and bundles:
        raise click.UsageError("a manifest lists its bundles itself, with contents")
    with opened(data_dir) as house:
        if manifest is not None:
            filed = filing.load_manifest(house, dataset_id, manifest, threads=threads, trusting=trust)
        else:
            filed = filing.load_objects(house, dataset_id, where or "", threads=threads, bundles=bundles)
    if as_json:
        show(filed.as_json())
    for line in filing.describe(filed) if not as_json else ():
        click.echo(line)
    if filed.report.refused:
        raise Stop(f"{filed.report.refused} object(s) were not registered; the report says why", Exit.REFUSED)
