"""`insitu load`: variants, genes and whose the samples are into the site."""

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
    """Load variants, whose the samples are, or genes. Works whether the site is running or not.

    \b
    Examples:
      insitu load vcf cohort.vcf.gz --dataset cohort-1
      insitu load samples cohort.tsv --dataset cohort-1
      insitu load genes gencode.gtf.gz --assembly GRCh38
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
