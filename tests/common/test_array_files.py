"""What an array file claims is looked at before it is unpacked, and whatever is wrong is one kind of error."""

import io
import struct
import tracemalloc
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from bpcli.common.array_files import ArrayFileError, read_npy, read_npz

ARRAYS = {"V": np.arange(6.0).reshape(2, 3), "names": np.array(["a", "bc"]), "empty": np.zeros((0, 2), "f4")}


def npz(compressed=False, **arrays) -> bytes:
    """The bytes of an NPZ."""
    out = io.BytesIO()
    (np.savez_compressed if compressed else np.savez)(out, **arrays)
    return out.getvalue()


def npy(array) -> bytes:
    """The bytes of an NPY."""
    out = io.BytesIO()
    np.save(out, array)
    return out.getvalue()


def archive(*members: tuple[str, bytes]) -> bytes:
    """A zip with these members."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members:
            file.writestr(name, content)
    return out.getvalue()


@pytest.mark.parametrize("compressed", [False, True])
def test_what_was_saved_is_read(compressed):
    """Names, types, shapes and content, in either order of the axes."""
    arrays = {**ARRAYS, "fortran": np.asfortranarray(ARRAYS["V"])}
    read = read_npz(npz(compressed, **arrays))
    assert list(read) == list(arrays)
    for name, array in arrays.items():
        assert_array_equal(read[name], array, strict=True)


def test_a_bomb_is_refused_before_it_is_unpacked():
    """8 MiB of zeros in 8 KB: the limit is in the message, and hardly any memory is taken."""
    bomb = npz(True, V=np.zeros(1 << 20))
    tracemalloc.start()
    with pytest.raises(ArrayFileError, match="its arrays take 8 MiB in memory where 1 MiB is the limit"):
        read_npz(bomb, limit=1 << 20)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1 << 20
    assert set(read_npz(bomb, limit=1 << 20, wanted=lambda name: name == "W")) == set()


def test_a_directory_that_lies_about_a_size_unpacks_no_more_than_it_says():
    """The packed data give 8 MiB, the directory says 208 bytes, and the header agrees with the directory."""
    content = npy(np.zeros(10)) + bytes(8 << 20)
    raw = bytearray(archive(("V.npy", content)))
    for place in (raw.index(b"PK\3\4") + 22, raw.index(b"PK\1\2") + 24):
        raw[place : place + 4] = struct.pack("<I", 128 + 80)
    tracemalloc.start()
    with pytest.raises(ArrayFileError):
        read_npz(bytes(raw))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1 << 20


def header(text: str, data: bytes = b"") -> bytes:
    """An NPY with this text as its header."""
    padded = text.encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(padded)) + padded + data


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "not an NPZ file, or a damaged one: File is not a zip file"),
        (npy(np.zeros(3)), "File is not a zip file"),
        (archive(("V.npy", b"")), "V: cannot be read as an array"),
        (archive(("V.npy", b"no array")), "V: cannot be read as an array"),
        (archive(("V.npy", npy(np.zeros(3))), ("V", npy(np.zeros(3)))), "it holds 'V' twice"),
        (archive(("V.npy", npy(np.array([None])))), "V: cannot be read as an array (Object arrays"),
        (
            archive(("V.npy", npy(np.zeros(3)) + b"x")),
            "V: damaged: there are extra bytes after the array (1)",
        ),
        (archive(("V.npy", npy(np.zeros(3))[:-1])), "24 bytes, and there are 23"),
        (archive(("V\x1b[2J.npy", b"")), r"V\x1b[2J: cannot be read"),
        (
            archive(*((f"{i}.npy", b"") for i in range(1001))),
            "it holds 1,001 arrays where 1,000 are the limit",
        ),
        (archive(("V.npy", header("{'descr':'<f8','fortran_order':False,'shape':(-1,)}"))), "is negative"),
        (
            archive(("V.npy", header("{'descr':'<U0','fortran_order':False,'shape':(10**12,)}"))),
            "cannot be read",
        ),
        (
            archive(("V.npy", header("{'descr':'<U0','fortran_order':False,'shape':(999999999999,)}"))),
            "MiB is",
        ),
        (
            archive(("V.npy", header("{'descr':'<f8','fortran_order':False,'shape':(99999999999,)}"))),
            "and there",
        ),
        (archive(("V.npy", header("(" * 100))), "V: cannot be read as an array"),
    ],
)
def test_what_is_no_array_file_is_one_kind_of_error(raw, message):
    """Each with a reason that can be printed on a line."""
    with pytest.raises(ArrayFileError) as caught:
        read_npz(raw)
    assert message in str(caught.value)
    assert str(caught.value).isprintable()


def test_an_encrypted_member_is_named():
    """One bit in the directory says so; zipfile would raise a RuntimeError."""
    raw = bytearray(npz(V=np.zeros(3)))
    raw[raw.index(b"PK\1\2") + 8] |= 1
    with pytest.raises(ArrayFileError, match="V: it is encrypted"):
        read_npz(bytes(raw))


def test_claims_are_checked_before_anything_is_unpacked():
    """The caller sees shapes and types, and its refusal is what comes out."""
    seen = {}

    def check(claims):
        seen.update({name: (claim.shape, claim.dtype.str) for name, claim in claims.items()})
        raise ArrayFileError("mine")

    with pytest.raises(ArrayFileError, match="mine"):
        read_npz(npz(**ARRAYS), check=check)
    assert seen == {"V": ((2, 3), "<f8"), "names": ((2,), "<U2"), "empty": ((0, 2), "<f4")}


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_a_damaged_file_gives_the_arrays_or_one_kind_of_error(data):
    """Bytes changed, left out or put in, anywhere in an NPZ or an NPY."""
    sound, read = data.draw(
        st.sampled_from(
            [
                (npz(**ARRAYS), read_npz),
                (npz(True, **ARRAYS), read_npz),
                (npy(ARRAYS["V"]), lambda raw: read_npy(raw, limit=1 << 20)),
            ]
        )
    )
    damaged = bytearray(sound)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(damaged) - 1))
        damaged[at : at + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=4))
    try:
        read(bytes(damaged))
    except ArrayFileError as error:
        assert str(error).isprintable()
