"""Sets of samples survive their bytes, in whatever form they are kept."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyroaring import BitMap

from variants.domain import carriers

SETS = st.one_of(
    st.sets(st.integers(0, 300)),
    st.sets(st.integers(0, 70_000), max_size=40),
    st.sets(st.integers(0, 1_000_000), max_size=20),
)


@settings(deadline=None)
@given(SETS)
def test_a_set_comes_back_from_its_bytes(members):
    data = carriers.encode(np.asarray(sorted(members), np.int64))
    assert set(carriers.decode(data)) == members
    assert carriers.members(data).tolist() == sorted(members)
    assert (data is None) == (not members)


@settings(deadline=None)
@given(SETS)
def test_every_way_to_encode_a_set_gives_the_same_bytes(members):
    ordered = sorted(members)
    expected = carriers.encode(np.asarray(ordered, np.int64))
    assert carriers.encode_few(ordered) == expected
    assert carriers.encode_bitmap(BitMap(ordered)) == expected
    mask = np.zeros(max(members, default=0) + 5, np.bool_)
    mask[ordered] = True
    assert carriers.encode_mask(mask) == expected


@settings(deadline=None)
@given(st.lists(st.one_of(SETS, st.none()), max_size=6))
def test_the_union_holds_everybody(sets):
    encoded = [None if each is None else carriers.encode(np.asarray(sorted(each), np.int64)) for each in sets]
    everybody = set().union(*(each for each in sets if each))
    assert set(carriers.union(encoded, 1_000_001)) == everybody


def test_sparse_sets_cost_two_bytes_a_member_and_dense_ones_a_bit_a_sample():
    assert len(carriers.encode(np.asarray([5, 2000]))) == 5
    assert len(carriers.encode(np.arange(0, 2504, 2))) == 314


def test_foreign_bytes_are_refused():
    with pytest.raises(ValueError, match="not a set"):
        carriers.decode(b"\x09abc")
