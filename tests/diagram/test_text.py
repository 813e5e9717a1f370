import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagprop.diagram import text

NAMES = st.text(min_size=1, max_size=40)


@given(NAMES, NAMES)
def test_ids_are_safe_and_tell_names_apart(one, other):
    assert re.fullmatch(r"node-[A-Za-z0-9_.-]+", text.node_id(one))
    assert (text.node_id(one) == text.node_id(other)) == (one == other)


@given(st.tuples(NAMES, NAMES, st.integers(0, 3)), st.tuples(NAMES, NAMES, st.integers(0, 3)))
def test_edge_ids_tell_edges_apart(one, other):
    assert (text.edge_id(*one, "forward") == text.edge_id(*other, "forward")) == (one == other)


@pytest.mark.parametrize(
    ("one", "other"), [("a/b", "a-b"), ("a.2e.b", "a.b"), ("a//b", "a/b"), ("x" * 500, "x" * 501), ("a.to.b", "a")]
)
def test_ids_of_names_made_to_collide(one, other):
    assert text.node_id(one) != text.node_id(other)
    assert text.edge_id(one, other, 0, "forward") != text.edge_id(other, one, 0, "forward")
    assert len(text.node_id(one)) < 120


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("tab\t", r"tab\t"), ("\x00", r"\x00"), ("\u202eevil", r"\u202eevil"), ("\ud800", r"\ud800"),
        ("\ufffe", r"\ufffe"),
        ("a b", "a b"), ("naïve σ 😀", "naïve σ 😀"), ("👩\u200d🚀", "👩\u200d🚀"), ("שלום", "שלום"), ("a\\n", "a\\n"),
    ],
)  # fmt: skip
def test_characters_that_cannot_be_seen_are_written_out(name, shown):
    assert text.visible(name) == shown


@given(NAMES)
def test_labels_hold_no_markup(name):
    label = text.label(name)
    assert not set(label) & set("<>\"'\n\r\t\x00")
    assert html.unescape(label).count("\\") % 2 == 0


def test_long_text_is_clipped():
    assert text.clip("abcdefghij", 5) == "ab…ij"
    assert text.label("abcdefghij", 5, end=True) == "abcd…"
    assert text.clip("abc", 3) == "abc"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (1, "1.00"), (0.1, "0.100"), (99.96, "100"), (999.4, "999"), (999.6, "1.0e3"), (0.0995, "0.0995"),
        (0.00994, "9.9e-3"), (-1e-12, "−1.0e-12"), (float("inf"), "∞"), (float("nan"), "NaN"), (1e308, "1.0e308"),
    ],
)  # fmt: skip
def test_figures_have_three_digits(value, shown):
    assert text.figure(value) == shown


def test_shapes():
    assert text.shape_text((8, 3)) == "8×3"
    assert text.shape_text(()) == "scalar"
