"""`insitu ask`: a question to a Beacon v2."""

from typing import TYPE_CHECKING, Any

import click

from insitu import options
from insitu.exits import Exit, Stop
from insitu.terminal import say, show, table

if TYPE_CHECKING:
    from insitu.login.remote import Remote

_GRANULARITY = click.Choice(["boolean", "count", "record"])


@click.command()
@click.argument("beacon", metavar="URL")
@click.argument("path", default="datasets")
@click.option("--assembly", help="Of the position: GRCh38.")
@click.option(
    "--range", "place", metavar="CHROMOSOME:START[-END]",
    help="Where, as Beacon counts: from 0, the end not included.",
)  # fmt: skip
@click.option("--ref", help="The reference's bases at START.")
@click.option("--alt", help="The bases in their place.")
@click.option("--gene", help="Variants of this gene.")
@click.option("--type", "kind", help="Of this kind: DEL, DUP, SNP.")
@click.option("--dataset", "datasets", multiple=True, help="Only this dataset; repeat.")
@click.option("--filter", "filters", multiple=True, help="A filtering term; repeat.")
@click.option("--granularity", type=_GRANULARITY, help="How much is wanted.")
@click.option("-p", "--parameter", "others", metavar="NAME=VALUE", multiple=True, help="Any other; repeat.")
@click.option("--audience", help="What the site is called in tokens, where that is not its address.")
@click.option("--anonymous", is_flag=True, help="Ask as nobody.")
@options.broker
@options.as_json
def ask(
    *, beacon: str, path: str, audience: str | None, anonymous: bool, broker: str | None, as_json: bool,
    **question: Any,
) -> None:  # fmt: skip
    """Ask a Beacon, with your login's token where it is for that site.

    URL is the Beacon, or an Insitu site. PATH is what is asked for: datasets (if not given), individuals,
    g_variants, g_variants/ID, individuals/ID/biosamples or whatever else it has.

    \b
    Examples:
      insitu ask https://hospital.example
      insitu ask https://hospital.example individuals --gene BRCA2 --granularity count
      insitu ask https://hospital.example g_variants --assembly GRCh38 --range 20:36000000 --ref A --alt T
      insitu ask https://hospital.example g_variants/GRCh38-20-36000001-A-T --json
    """  # noqa: D301
    from insitu import asking  # noqa: PLC0415 - no help waits for it
    from insitu.login.remote import Access, Refused, Remote  # noqa: PLC0415

    url = asking.address(beacon, path)
    remote = Remote(url, Access(broker, audience, anonymous))
    if remote.login is None and not anonymous:
        say(f"Asked as nobody: there is no login for {remote.site}.")
    try:
        found = remote.json("GET", url, query=_query(question))
    except Refused as refused:
        if as_json and refused.body:
            show(refused.body)
        raise Stop(refused.public + _hint(refused.status, remote), refused.code) from None
    if as_json or not asking.has_shape(found):
        show(found)
        return
    for line in asking.lines(found):
        click.echo(line)
    titles, cells = asking.rows(found)
    if cells:
        table(titles, cells)
    for line in asking.records(found):
        click.echo(line)
    for note in asking.notes(found):
        say(note)


def _query(question: dict[str, Any]) -> dict[str, Any]:
    """The parameters of the question.

    Raises:
        Stop: one cannot be understood.
    """
    names = {
        "assembly": "assemblyId", "ref": "referenceBases", "alt": "alternateBases", "gene": "geneId",
        "kind": "variantType", "granularity": "requestedGranularity",
    }  # fmt: skip
    found: dict[str, Any] = {name: question[key] for key, name in names.items() if question[key]}
    if question["place"]:
        found |= _place(question["place"])
    for key, name in (("datasets", "datasetIds"), ("filters", "filters")):
        if question[key]:
            found[name] = ",".join(question[key])
    for each in question["others"]:
        name, equals, value = each.partition("=")
        if not equals or not name:
            raise Stop("-p wants NAME=VALUE", Exit.USAGE)
        found[name] = value
    return found


def _place(text: str) -> dict[str, Any]:
    chromosome, colon, place = text.rpartition(":")
    start, dash, end = place.partition("-")
    if not colon or not chromosome or not start.isdecimal() or (dash and not end.isdecimal()):
        raise Stop("--range wants CHROMOSOME:START or CHROMOSOME:START-END, in whole numbers", Exit.USAGE)
    return {"referenceName": chromosome, "start": start} | ({"end": end} if dash else {})


def _hint(status: int, remote: "Remote") -> str:
    """What to do about a refusal, where the site's own words do not say it."""
    if remote.login is None and status in (401, 403):
        return f" (asked as nobody; insitu login BROKER --for {remote.site}, at a broker that it trusts)"
    if status == 403 and remote.login is not None and remote.login.issuer.startswith(f"{remote.site}/"):
        return f" (to apply for access: insitu access offers --at {remote.site})"
    return ""
