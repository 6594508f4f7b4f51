"""What visas may say, for tests: one of each kind, and hypothesis strategies for all."""

from typing import Any

from hypothesis import strategies as st

from governance.caller import Identity
from governance.passport.linked import link
from passport_broker.domain.conditions import BY
from passport_broker.domain.visas import Assertion, Span
from passport_broker.visas.desk import Wanted

DATA = "https://data.example/cohort-1"
SOURCE = "https://dac.example/committee"
NOW = 1_800_000_000
YEAR = 365 * 86_400


def wanted(subject: str = "ada", now: int = NOW, ends: int | None = None, **changed: Any) -> Wanted:
    """A grant of a year."""
    said = {"type": "ControlledAccessGrants", "value": DATA, "source": SOURCE, "by": "dac", "asserted": now}
    span = Span(changed.pop("begins", now), now + YEAR if ends is None else ends)
    return Wanted(subject, Assertion(**(said | changed)), span, "approved by the committee")


_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~"
_segments = st.text(_LETTERS + "!$&'()*+,;=:@", min_size=0, max_size=12)
urls = st.builds(
    lambda scheme, host, path: f"{scheme}://{host}.example/{'/'.join(path)}"[:255],
    st.sampled_from(["https", "http"]),
    st.text("abcdefghij0123456789", min_size=1, max_size=20),
    st.lists(_segments, max_size=4),
)
_name = st.from_regex(r"[a-z][a-z0-9_-]{0,8}", fullmatch=True)
roles = st.sampled_from(["faculty", "student", "member"]) | st.builds("{}.{}".format, _name, _name)
affiliations = st.builds(
    "{}@{}".format, roles, st.sampled_from(["uni.example", "no.organization", "a1-b.org"])
)
identities = st.builds(
    Identity,
    st.text(min_size=1, max_size=12).filter(lambda each: each.isprintable()),
    st.text(min_size=1, max_size=12).filter(lambda each: each.isprintable()),
)
links = st.lists(identities, min_size=1, max_size=4).map(lambda all_: ";".join(link(each) for each in all_))
texts = st.text(min_size=1, max_size=30).filter(lambda each: each.isprintable())
sayings = (
    st.tuples(st.just("AffiliationAndRole"), affiliations)
    | st.tuples(st.just("AcceptedTermsAndPolicies"), urls)
    | st.tuples(st.just("ResearcherStatus"), urls)
    | st.tuples(st.just("ControlledAccessGrants"), urls)
    | st.tuples(st.just("LinkedIdentities"), links)
    | st.tuples(urls, texts)
)
matches = st.builds("{}:{}".format, st.sampled_from(["const", "pattern", "split_pattern"]), texts)
claims = st.fixed_dictionaries(
    {},
    optional={
        "value": matches,
        "source": matches,
        "by": st.sampled_from(["const:so", "pattern:d?c", "split_pattern:*"]),
    },
).filter(bool)
types = st.sampled_from(["AffiliationAndRole", "ResearcherStatus", "https://types.example/one"])
clauses = st.builds(lambda kind, said: {"type": kind, **said}, types, claims)
conditions = st.lists(st.lists(clauses, min_size=1, max_size=3), max_size=3)


@st.composite
def assertions(draw: Any) -> Assertion:
    """Anything that a visa may say."""
    kind, value = draw(sayings)
    needed = kind in ("AcceptedTermsAndPolicies", "ControlledAccessGrants")
    by = draw(st.sampled_from(BY) if needed else st.none() | st.sampled_from(BY))
    asked = draw(st.none() | conditions)
    return Assertion(kind, value, draw(urls), by, draw(st.integers(0, NOW)), asked)
