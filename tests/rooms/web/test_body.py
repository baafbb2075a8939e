"""Parameters: every way to be wrong has its code and its name in brackets, in forms and in JSON."""

from __future__ import annotations

import datetime
from typing import Annotated, Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick import web
from tallystick.base import Refused
from tallystick.web import body, form, shape
from tests.rooms.web.conftest import Create

READER = body.Reader(Create)
GOOD = {"amount": 1000, "currency": "usd"}


def from_form(text: str) -> Any:
    return READER.read(form.parse(text.encode()), form=True)


def from_json(tree: Any) -> Any:
    found, typed = body.tree_of(msgspec.json.encode(tree), b"application/json", b"")
    return READER.read(found, form=typed)


def test_a_form_and_its_json_are_the_same_params() -> None:
    sent = (
        "amount=1000&currency=usd&confirm=true&metadata[order]=6735&metadata[0]=zero&metadata[e]=&types[1]=b&types[0]=a"
        "&items[0][line1]=x&address[line1]=y&created[gte]=5&description=&expand[]=a.b&expand[]=c&pattern=xx&small=-3"
    )
    params, expand = from_form(sent)
    assert expand == ("a.b", "c")
    assert params.metadata == {"order": "6735", "0": "zero", "e": ""}
    assert (params.types, params.confirm, params.description, params.small) == (["a", "b"], True, None, -3)
    assert (params.items[0].line1, params.address.line1, params.created.gte) == ("x", "y", 5)
    again, _ = from_json(msgspec.to_builtins(params))
    assert again == params


@pytest.mark.parametrize(
    ("sent", "param"),
    [
        ('{"amount": 1, "currency": "usd", "amount": 2}', "amount"),
        ('{"amount": 1, "\\u0061mount": 1}', "amount"),
        ('{"metadata": {"a": "x", "b": {}, "a": "x"}}', "metadata[a]"),
        ('{"items": [{"line1": "x"}, {"line1": "x", "line1": "y"}]}', "items[1][line1]"),
    ],
)
def test_a_key_twice_in_json_is_refused_at_any_depth(sent: str, param: str) -> None:
    with pytest.raises(Refused) as refused:
        body.tree_of(sent.encode(), b"application/json", b"")
    assert (refused.value.code, refused.value.param) == (web.WebRefusal.PARAMETER_DUPLICATE, param)


def test_equal_keys_of_different_objects_are_fine() -> None:
    sent = b'{"items": [{"line1": "x"}, {"line1": "x"}], "line1": {"line1": -1.5e3}}'
    tree, form_encoded = body.tree_of(sent, b"application/json", b"")
    assert tree["items"] == [{"line1": "x"}, {"line1": "x"}]
    assert not form_encoded


@pytest.mark.parametrize("name", ["starting_after", "ending_before"])
def test_an_empty_cursor_is_refused(name: str) -> None:
    with pytest.raises(Refused) as refused:
        body.Reader(web.ListParams).read({name: ""}, form=True)
    assert refused.value.param == name
    params, _ = body.Reader(web.ListParams).read({}, form=True)
    assert (params.cursor, params.backwards) == (None, False)


def test_an_empty_value_unsets_where_that_is_possible() -> None:
    params, _ = from_form("amount=1&currency=usd&metadata=&description=&address=")
    assert (params.metadata, params.description, params.address) == (None, None, None)


FORMS = [
    ("", "parameter_missing", "amount"),
    ("amount=1", "parameter_missing", "currency"),
    ("amount=1&currency=usd&foo=1", "parameter_unknown", "foo"),
    ("amount=1&currency=usd&address[line1]=x&address[foo]=1", "parameter_unknown", "address[foo]"),
    ("amount=1&currency=usd&address[country]=x", "parameter_missing", "address[line1]"),
    ("amount=1&currency=usd&items[0][country]=x", "parameter_missing", "items[0][line1]"),
    ("amount=ten&currency=usd", "parameter_invalid_integer", "amount"),
    ("amount=1.5&currency=usd", "parameter_invalid_integer", "amount"),
    ("amount=1e3&currency=usd", "parameter_invalid_integer", "amount"),
    ("amount=+5&currency=usd", "parameter_invalid_integer", "amount"),
    ("amount=%D9%A3&currency=usd", "parameter_invalid_integer", "amount"),
    ("amount=0&currency=usd", "parameter_invalid_integer", "amount"),
    ("amount=-5&currency=usd", "parameter_invalid_integer", "amount"),
    ("amount=100000000&currency=usd", "parameter_invalid_integer", "amount"),
    ("amount=99999999999999999999999&currency=usd", "parameter_invalid_integer", "amount"),
    ("amount=&currency=usd", "parameter_invalid_empty", "amount"),
    ("amount[x]=1&currency=usd", "parameter_invalid_integer", "amount"),
    ("amount=1&currency=", "parameter_invalid_string_empty", "currency"),
    ("amount=1&currency=us", "parameter_invalid_string_length", "currency"),
    ("amount=1&currency=euro", "parameter_invalid_string_length", "currency"),
    ("amount=1&currency[a]=x", "parameter_invalid_string", "currency"),
    ("amount=1&currency=a%00b", "parameter_invalid_string", "currency"),
    ("amount=1&currency=usd&confirm=yes", "parameter_invalid_boolean", "confirm"),
    ("amount=1&currency=usd&confirm=1", "parameter_invalid_boolean", "confirm"),
    ("amount=1&currency=usd&capture_method=later", "parameter_invalid_choice", "capture_method"),
    ("amount=1&currency=usd&metadata=x", "parameter_invalid_object", "metadata"),
    ("amount=1&currency=usd&metadata[a][b]=x", "parameter_invalid_string", "metadata[a]"),
    ("amount=1&currency=usd&metadata[]=x", "parameter_invalid_object", "metadata"),
    (f"amount=1&currency=usd&metadata[{'k' * 41}]=x", "parameter_invalid_string_length", f"metadata[{'k' * 41}]"),
    (f"amount=1&currency=usd&metadata[k]={'v' * 501}", "parameter_invalid_string_length", "metadata[k]"),
    (
        "amount=1&currency=usd&" + "&".join(f"metadata[{n}]=x" for n in range(51)),
        "parameter_invalid",
        "metadata",
    ),
    ("amount=1&currency=usd&types=x", "parameter_invalid_array", "types"),
    ("amount=1&currency=usd&types[a]=x", "parameter_invalid_array", "types"),
    ("amount=1&currency=usd&types[0][a]=x", "parameter_invalid_string", "types[0]"),
    ("amount=1&currency=usd&address=x", "parameter_invalid_object", "address"),
    ("amount=1&currency=usd&created=x", "parameter_invalid_integer", "created"),
    ("amount=1&currency=usd&created[gte]=x", "parameter_invalid_integer", "created[gte]"),
    ("amount=1&currency=usd&created[zzz]=1", "parameter_unknown", "created[zzz]"),
    ("amount=1&currency=usd&pattern=y", "parameter_invalid", "pattern"),
    (f"amount=1&currency=usd&description={'d' * 5001}", "parameter_invalid_string_length", "description"),
    (f"amount=1&currency=usd&small={2**63}", "parameter_invalid_integer", "small"),
    ("amount=1&currency=usd&expand=x", "parameter_invalid_array", "expand"),
    ("amount=1&currency=usd&expand[a]=x", "parameter_invalid_array", "expand"),
    ("amount=1&currency=usd&" + "&".join(f"expand[]={n}" for n in range(21)), "parameter_invalid", "expand"),
]


@pytest.mark.parametrize(("sent", "code", "param"), FORMS)
def test_a_wrong_form_is_refused_by_name(sent: str, code: str, param: str) -> None:
    with pytest.raises(Refused) as caught:
        from_form(sent)
    assert (str(caught.value.code), caught.value.param) == (code, param)
    assert caught.value.message.startswith("The parameter ")


def test_an_unknown_parameter_says_what_may_have_been_meant() -> None:
    with pytest.raises(Refused, match=r"Did you mean address\[line1\]\?"):
        from_form("amount=1&currency=usd&address[line_1]=x")


@pytest.mark.parametrize(
    ("change", "code", "param"),
    [
        ({"amount": "1000"}, "parameter_invalid_integer", "amount"),
        ({"amount": 10.0}, "parameter_invalid_integer", "amount"),
        ({"amount": True}, "parameter_invalid_integer", "amount"),
        ({"amount": None}, "parameter_invalid_empty", "amount"),
        ({"amount": []}, "parameter_invalid_integer", "amount"),
        ({"amount": 10**40}, "parameter_invalid_integer", "amount"),
        ({"currency": 5}, "parameter_invalid_string", "currency"),
        ({"currency": None}, "parameter_invalid_string_empty", "currency"),
        ({"confirm": "true"}, "parameter_invalid_boolean", "confirm"),
        ({"confirm": 1}, "parameter_invalid_boolean", "confirm"),
        ({"metadata": {"a": 1}}, "parameter_invalid_string", "metadata[a]"),
        ({"metadata": ["a"]}, "parameter_invalid_object", "metadata"),
        ({"types": {"0": "a"}}, "parameter_invalid_array", "types"),
        ({"types": [["a"]]}, "parameter_invalid_string", "types[0]"),
        ({"description": "a\x00"}, "parameter_invalid_string", "description"),
        ({"foo": None}, "parameter_unknown", "foo"),
    ],
)
def test_wrong_json_is_refused_by_name(change: dict[str, Any], code: str, param: str) -> None:
    with pytest.raises(Refused) as caught:
        from_json(GOOD | change)
    assert (str(caught.value.code), caught.value.param) == (code, param)


@pytest.mark.parametrize(
    ("sent", "kind", "query", "code"),
    [
        (b"{}", b"text/plain", b"", "content_type_unsupported"),
        (b"{}", b"", b"", "content_type_unsupported"),
        (b"a=1", b"application/x-www-form-urlencoded; charset=latin-1", b"", "content_type_unsupported"),
        (b"a=1", b"multipart/form-data; boundary=x", b"", "content_type_unsupported"),
        (b"{", b"application/json", b"", "request_malformed"),
        (b"[]", b"application/json", b"", "request_malformed"),
        (b"null", b"application/json", b"", "request_malformed"),
        (b'{"a":"\xff"}', b"application/json", b"", "request_malformed"),
        (b'{"a":"\\ud800"}', b"application/json", b"", "request_malformed"),
        (b'{"a":1e400}', b"application/json", b"", "request_malformed"),
        (b'{"a":NaN}', b"application/json", b"", "request_malformed"),
        (b"{}", b"application/json", b"a=1", "request_malformed"),
        (b'{"a":' * 9 + b"1" + b"}" * 9, b"application/json", b"", "request_malformed"),
        (b"[" * 100_000, b"application/json", b"", "request_malformed"),
        (b"a=1", b"application/x-www-form-urlencoded", b"a=2", "parameter_duplicate"),
    ],
)
def test_a_body_that_cannot_be_read_is_refused(sent: bytes, kind: bytes, query: bytes, code: str) -> None:
    with pytest.raises(Refused) as caught:
        body.tree_of(sent, kind, query)
    assert str(caught.value.code) == code


def test_braces_within_json_text_are_not_depth() -> None:
    tree, _ = body.tree_of(b'{"a":"{{{{{{{{{{ \\" [[[["}', b"Application/JSON; charset=UTF-8", b"")
    assert tree["a"].startswith("{{{")


def test_a_form_may_have_parameters_in_the_address_too() -> None:
    assert body.tree_of(b"a=1", b"application/x-www-form-urlencoded", b"b=2") == ({"a": "1", "b": "2"}, True)


def test_no_body_needs_no_content_type() -> None:
    assert body.tree_of(b"", b"", b"limit=3") == ({"limit": "3"}, True)


def test_cursors_are_exclusive() -> None:
    with pytest.raises(Refused) as caught:
        body.Reader(web.ListParams).read({"starting_after": "a", "ending_before": "b"}, form=True)
    assert str(caught.value.code) == "parameters_exclusive"


def test_a_parameter_cannot_be_a_float_or_a_datetime() -> None:
    for kind in (float, datetime.datetime, Annotated[bytes, msgspec.Meta(max_length=3)]):
        with pytest.raises(TypeError, match="a parameter cannot be"):
            shape.compile_shape(msgspec.defstruct("Bad", [("a", kind)]))


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


def fits_or_names_what_does_not(tree: dict[str, Any], *, form: bool) -> bool:
    try:
        params, _ = READER.read(tree, form=form)
    except Refused as refused:
        return bool(refused.param)
    return isinstance(params, Create)


@given(st.dictionaries(st.sampled_from([*Create.__struct_fields__, "foo", "expand"]), values))
def test_any_json_is_params_or_a_refusal_that_names_a_parameter(tree: dict[str, Any]) -> None:
    assert fits_or_names_what_does_not(tree, form=False)


@given(st.dictionaries(st.sampled_from(Create.__struct_fields__), st.text(max_size=12)))
def test_any_form_is_params_or_a_refusal_that_names_a_parameter(tree: dict[str, Any]) -> None:
    assert fits_or_names_what_does_not(dict(tree), form=True)
