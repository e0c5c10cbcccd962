"""The order-stable product is a matrix product, and treats equal rows and columns alike to the last bit."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bpcli.network import fixed_order_matmul
from bpcli.network import matmul as products

sizes = st.integers(1, 64)


@settings(max_examples=60, deadline=None)
@given(m=sizes, n=sizes, p=sizes, dtype=st.sampled_from([np.float32, np.float64]), seed=st.integers(0, 99))
def test_equal_columns_and_rows_come_out_equal(m, n, p, dtype, seed):
    """Whatever the sizes, the memory order of the factors, and the leading axes."""
    rng = np.random.default_rng(seed)
    column, row = rng.normal(size=(2, n, 1)).astype(dtype), rng.normal(size=(1, n)).astype(dtype)
    left, right = rng.normal(size=(2, m, n)).astype(dtype), rng.normal(size=(2, n, p)).astype(dtype)
    equal_columns = np.broadcast_to(column, (2, n, p))
    equal_rows = np.broadcast_to(row, (2, m, n))
    for factor in (equal_columns, equal_columns.copy(), np.ascontiguousarray(equal_columns.mT).mT):
        found = fixed_order_matmul(left, factor, out=np.empty((2, m, p), dtype))
        assert (found == found[..., :1]).all()
    for factor in (equal_rows, equal_rows.copy(), np.ascontiguousarray(equal_rows.mT).mT):
        found = fixed_order_matmul(factor, right, out=np.empty((2, m, p), dtype))
        assert (found == found[..., :1, :]).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex128])
@pytest.mark.parametrize("lead", [(), (3,), (2, 3)])
def test_it_is_the_matrix_product(dtype, lead):
    """Against np.matmul, with a factor of two dimensions broadcast over the leading axes of the other."""
    rng = np.random.default_rng(0)
    left, right = rng.normal(size=(7, 5)).astype(dtype), rng.normal(size=(*lead, 5, 4)).astype(dtype)
    found = fixed_order_matmul(left, right, out=np.empty((*lead, 7, 4), dtype))
    np.testing.assert_allclose(found, left @ right, atol=1e-5 if dtype == np.float32 else 1e-13)


def test_the_memory_order_of_the_factors_changes_no_bit():
    """The same numbers in rows or in columns: the order of summation is that of the terms, not of the memory."""
    rng = np.random.default_rng(0)
    left, right = rng.normal(size=(40, 33)), rng.normal(size=(33, 20))
    first = fixed_order_matmul(left, right, out=np.empty((40, 20)))
    for one in (left, np.asfortranarray(left)):
        for other in (right, np.asfortranarray(right)):
            assert np.array_equal(fixed_order_matmul(one, other, out=np.empty((40, 20))), first)


@pytest.mark.parametrize("held", [1, 40, 1000])
def test_it_does_not_matter_how_many_products_are_held(held, monkeypatch):
    """Row by row, in blocks, or all at once: the same bits."""
    rng = np.random.default_rng(0)
    left, right = rng.normal(size=(2, 13, 9)), rng.normal(size=(2, 9, 6))
    whole = fixed_order_matmul(left, right, out=np.empty((2, 13, 6)))
    monkeypatch.setattr(products, "BLOCK_SIZE", held)
    assert np.array_equal(fixed_order_matmul(left, right, out=np.empty((2, 13, 6))), whole)


def test_each_entry_is_the_rounded_products_added_up():
    """Ones times 1, ε/2 and ε/2: added from the left, both halves are rounded away; fused, they would not be."""
    epsilon = np.finfo(float).eps
    left, right = np.array([[1.0, epsilon / 2, epsilon / 2]]), np.ones((3, 2))
    assert np.array_equal(fixed_order_matmul(left, right, out=np.empty((1, 2))), [[1.0, 1.0]])
