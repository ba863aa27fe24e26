"""What may be in an SVG, and what never gets as far as the engine."""

from __future__ import annotations

import pytest

from backoffice.card_artwork.safe_svg import check_svg
from backoffice.errors import InputError

HEAD = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 916 599.8">'


def svg(inside: str) -> bytes:
    return f"{HEAD}{inside}</svg>".encode()


@pytest.mark.parametrize(
    "inside",
    [
        '<rect width="9" height="9" fill="url(#g)" style="fill:url(#g)"/>',
        '<defs><linearGradient id="g"><stop offset="0"/></linearGradient></defs><use xlink:href="#g"/>',
        '<image href="data:image/png;base64,iVBORw0KGgo="/>',
        "<style>.a{fill:red}</style><!-- a comment --><title>Card</title>",
        '<e:note xmlns:e="http://editor.example/">an editor\'s own</e:note>',
    ],
)
def test_what_only_draws_is_taken(inside: str) -> None:
    assert check_svg(svg(inside)) == (916, 599.8)


@pytest.mark.parametrize(
    ("inside", "says"),
    [
        ("<script>alert(1)</script>", "<script>"),
        ('<rect onload="alert(1)"/>', "script"),
        ('<rect OnClick="alert(1)"/>', "script"),
        ('<foreignObject><body xmlns="http://www.w3.org/1999/xhtml"/></foreignObject>', "foreignObject"),
        ('<image href="https://example.org/x.png"/>', "outside"),
        ('<image xlink:href="file:///etc/passwd"/>', "outside"),
        ('<image href="data:image/svg+xml;base64,PHN2Zz4="/>', "outside"),
        ('<image href="/front.png"/>', "outside"),
        ('<use href="other.svg#a"/>', "outside"),
        ('<rect fill="url(https://example.org/x#g)"/>', "outside"),
        ("<rect style=\"fill: URL( '//example.org/x')\"/>", "outside"),
        ("<style>@import 'x.css';</style>", "outside"),
        ("<style>a{background:u\\72l(x)}</style>", "outside"),
        ("<text>Shop</text>", "paths"),
        ('<a href="#x"><rect/></a>', "<a>"),
        ('<animate attributeName="x"/>', "<animate>"),
        ('<set attributeName="href" to="x"/>', "<set>"),
        ('<filter id="f"><feImage href="x"/></filter>', "<filter>"),
        ("<rect>", "cannot be read"),
        ("<g/>" * 50_001, "more than 50000"),
    ],
)
def test_everything_else_is_refused_with_its_name(inside: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        check_svg(svg(inside))


@pytest.mark.parametrize(
    "data",
    [
        b'<!DOCTYPE svg [<!ENTITY a "aaaa">]><svg xmlns="http://www.w3.org/2000/svg">&a;</svg>',
        '<!DOCTYPE svg SYSTEM "file:///etc/passwd"><svg xmlns="http://www.w3.org/2000/svg"/>'.encode("utf-16"),
    ],
)
def test_declarations_are_refused_in_every_encoding(data: bytes) -> None:
    with pytest.raises(InputError, match="DOCTYPE"):
        check_svg(data)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"<a:b/>", "unbound prefix"),
        (b'<svg xmlns:a=""/>', "undeclare"),
        (b'<x xmlns="}"/>', "syntax error"),
        (b'<?xml version="1.0" encoding="utf-7"?><svg/>', "encoding"),
        (b'<?xml version="1.0" encoding="of-nobody"?><svg/>', "encoding"),
        (b"", "no element"),
    ],
)
def test_what_is_no_xml_is_refused_by_either_reader(data: bytes, says: str) -> None:
    """The first look knows no namespaces: what is wrong with those is found by the second."""
    with pytest.raises(InputError, match=f"cannot be read: .*{says}"):
        check_svg(data)


@pytest.mark.parametrize("view_box", ["", "0 0 10", "0 0 0 10", "0 0 nan 10", "a b c d", "0 0 inf 1"])
def test_an_svg_without_proportions_is_refused(view_box: str) -> None:
    with pytest.raises(InputError, match="viewBox"):
        check_svg(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{view_box}"/>'.encode())
    with pytest.raises(InputError, match="root"):
        check_svg(b'<html viewBox="0 0 1 1"/>')
