"""One spelling of an address, and what is no address."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from partners.models.addresses import canonical, canonical_or

PUNYCODE = "x@xn--mnchen-3ya.example"


@pytest.mark.parametrize(
    ("text", "spelling"),
    [
        (" Ops@Example.TEST ", "ops@example.test"),
        ("x@münchen.example", PUNYCODE),
        ("x@MÜNCHEN.example", PUNYCODE),
        ("x@mu\u0308nchen.example", PUNYCODE),  # not NFC
        ("X@XN--Mnchen-3YA.example", PUNYCODE),
        ("x@münchen。example", PUNYCODE),  # an ideographic full stop
        ("x@ｍünchen.example", PUNYCODE),  # a fullwidth m
        ("x@mün\u00adchen.example", PUNYCODE),  # a soft hyphen
        ("\u212ara@x.test", "kra@x.test"),  # NFC makes the Kelvin sign a K
        ("x@straße.example", "x@xn--strae-oqa.example"),  # not strasse.example
        ("x@раypal.example", "x@xn--ypal-43d9g.example"),  # Cyrillic letters stay visible
        ("x@א.example", "x@xn--4db.example"),
        ("x@r3---sn.example", "x@r3---sn.example"),
        ("o'neil+ops@x.test", "o'neil+ops@x.test"),
        ("x@localhost", "x@localhost"),
    ],
)
def test_it_has_one_spelling(text: str, spelling: str) -> None:
    assert canonical(text) == spelling
    assert canonical(spelling) == spelling


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nobody",
        "@x.test",
        "x@",
        "x@y@z.test",
        "x y@z.test",
        f"{'x' * 250}@x.test",
        f"x@{'ü' * 200}.test",
        f"x@{'a.' * 2000}test",
        "x\0@y.test",
        "x@y\0.test",
        "x\n@y.test",
        "x@y.test\nBcc: z@y.test",
        "a\u202eb@x.test",  # bidi
        "x@a\u202eb.test",
        "x@a\u200db.test",  # a joiner out of place
        "öps@x.test",
        "рaul@x.test",  # mixed scripts
        "ｏps@x.test",  # fullwidth
        '"a b"@x.test',
        '"ops"@x.test',
        "x@[127.0.0.1]",
        "x@x.test.",
        "x@x。",
        "x@a..b",
        "x@-a.test",
        "x@a_b.test",
        "x@xn--a.example",  # no Punycode
        "x@xn--.example",
        "x@💩.example",
    ],
)
def test_it_refuses_what_has_no_spelling(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  (IDNA has many of its own)
        canonical(text)
    assert canonical_or(text) == text


@given(st.text(max_size=300), st.text(max_size=300))
@example("x", "xn--\u0130.test")
@example("x", "\u1e9e.test")
def test_a_spelling_is_its_own(name: str, domain: str) -> None:
    """Any text is refused, or has a spelling that is ASCII and stays."""
    for text in (f"{name}@{domain}", f"x@{domain}.test", f"x@xn--{domain}.test"):
        try:
            found = canonical(text)
        except ValueError:
            continue
        assert found.isascii()
        assert found == found.lower() == canonical(found)
