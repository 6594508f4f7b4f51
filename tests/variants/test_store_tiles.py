"""Tiles and edges fill a range exactly."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from variants.domain.target import Interval
from variants.store.tiles import COARSE, FINE, cover


@given(start=st.integers(0, 40 << COARSE), length=st.integers(1, 5 << COARSE))
def test_tiles_and_edges_fill_an_interval_without_overlap(start: int, length: int) -> None:
    covered = cover(Interval(start, start + length))
    pieces = [(run.first << run.level, (run.last + 1) << run.level) for run in covered.runs]
    pieces = sorted([*pieces, *((edge.start, edge.stop) for edge in covered.edges)])
    assert pieces[0][0] == start
    assert pieces[-1][1] == start + length
    assert all(stop == after for (_, stop), (after, _) in pairwise(pieces))


@given(start=st.integers(0, 40 << COARSE), length=st.integers(1, 50 << COARSE))
def test_a_range_needs_few_tiles_however_wide_it_is(start: int, length: int) -> None:
    covered = cover(Interval(start, start + length))
    fine = sum(run.last - run.first + 1 for run in covered.runs if run.level == FINE)
    assert fine < 2 << (COARSE - FINE)
    assert sum(edge.stop - edge.start for edge in covered.edges) < 2 << FINE
