"""Bracketed forms: what they spell, and everything that is not one."""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick.base import Refused
from tallystick.web import form
from tests.client import fields


@pytest.mark.parametrize(
    ("sent", "tree"),
    [
        (b"", {}),
        (b"a=1", {"a": "1"}),
        (b"a=1&&b=", {"a": "1", "b": ""}),
        (b"a", {"a": ""}),
        (b"a[b][c]=x&a[b][d]=y", {"a": {"b": {"c": "x", "d": "y"}}}),
        (b"a%5Bb%5D=x", {"a": {"b": "x"}}),
        (b"a[0]=x&a[1]=y", {"a": {"0": "x", "1": "y"}}),
        (b"a[]=x&a[]=x", {"a": ["x", "x"]}),
        (b"a[b][]=x", {"a": {"b": ["x"]}}),
        (b"a=x+y%2Bz&b=%C3%A9", {"a": "x y+z", "b": "é"}),
        ("a=é".encode(), {"a": "é"}),
        (b"a=b=c", {"a": "b=c"}),
        (b"metadata[6735]=x", {"metadata": {"6735": "x"}}),
    ],
)
def test_a_form_spells_a_tree(sent: bytes, tree: dict[str, Any]) -> None:
    assert form.parse(sent) == tree


@pytest.mark.parametrize(
    ("sent", "code", "param"),
    [
        (b"a=1&a=2", "parameter_duplicate", "a"),
        (b"a[b]=1&a%5Bb%5D=2", "parameter_duplicate", "a[b]"),
        (b"a=1&a[b]=2", "parameter_duplicate", "a"),
        (b"a[b]=1&a=2", "parameter_duplicate", "a"),
        (b"a[]=1&a[0]=2", "parameter_duplicate", "a"),
        (b"a[0]=1&a[]=2", "parameter_duplicate", "a"),
        (b"a=%zz", "request_malformed", None),
        (b"a=%", "request_malformed", None),
        (b"a=\xff", "request_malformed", None),
        (b"a=%ff", "request_malformed", None),
        (b"%ff=a", "request_malformed", None),
        (b"=1", "request_malformed", None),
        (b"[a]=1", "request_malformed", "[a]"),
        (b"a[b=1", "request_malformed", "a[b"),
        (b"a]b=1", "request_malformed", "a]b"),
        (b"a[b]c=1", "request_malformed", "a[b]c"),
        (b"a[][b]=1", "request_malformed", "a[][b]"),
        (b"a" + b"[b]" * 9 + b"=1", "request_malformed", "a" + "[b]" * 9),
        (b"&".join(b"a%d=1" % n for n in range(1001)), "request_malformed", None),
    ],
)
def test_what_is_no_form_is_refused_by_name(sent: bytes, code: str, param: str | None) -> None:
    with pytest.raises(Refused) as caught:
        form.parse(sent)
    assert (str(caught.value.code), caught.value.param) == (code, param)


names = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="[]"), min_size=1, max_size=8)
texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)
trees = st.dictionaries(
    names,
    st.recursive(texts, lambda inner: st.dictionaries(names, inner, min_size=1, max_size=3), max_leaves=5),
    max_size=5,
)


@given(trees)
def test_whatever_is_encoded_is_read_back(tree: dict[str, Any]) -> None:
    assert form.parse(urlencode(fields(tree)).encode()) == tree


@given(st.binary(max_size=60))
def test_any_bytes_are_a_tree_or_a_refusal(sent: bytes) -> None:
    with suppress(Refused):
        assert isinstance(form.parse(sent), dict)


def test_the_cache_of_keys_is_bounded() -> None:
    for batch in range(6):
        form.parse(b"&".join(b"k%d-%d=1" % (batch, n) for n in range(1000)))
    assert len(form._paths) <= form._CACHED_KEYS
