import pytest

from odoo.addons.ec_channel_base.sdk.keys import idempotency_key
from odoo.addons.ec_channel_base.sdk.text import normalize_email, normalize_name, normalize_phone, normalize_zip


def test_a_key_never_changes():
    assert idempotency_key("shipment", 7, "A1") == "44d0b846-c4bd-5b13-b5f2-bc1613f68d41"
    assert idempotency_key("shipment", 7, "A1") == idempotency_key("shipment", "7", "A1")


def test_the_borders_between_parts_count():
    keys = {idempotency_key(*parts) for parts in [("a", "bc"), ("ab", "c"), ("abc",), ("abc", ""), ("a", "b", "c"), ()]}
    assert len(keys) == 6


@pytest.mark.parametrize("part", [1.5, None, True, b"a", object()])
def test_a_part_without_lasting_text_is_refused(part):
    with pytest.raises(TypeError):
        idempotency_key("a", part)


@pytest.mark.parametrize(
    "typed, normal",
    [
        ("090-1234-5678", "+819012345678"),
        ("\uff10\uff19\uff10\uff0d\uff11\uff12\uff13\uff14\uff0d\uff15\uff16\uff17\uff18", "+819012345678"),
        ("+81 90 1234 5678", "+819012345678"),
        ("+81 (0)90-1234-5678", "+819012345678"),
        ("010-81-90-1234-5678", "+819012345678"),
        ("0081 90 1234 5678", "+819012345678"),
        ("03-1234-5678", "+81312345678"),
        ("+1 (212) 555-0100", "+12125550100"),
        ("0049 30 123456", "+4930123456"),
        ("110", ""),
        ("", ""),
    ],
)
def test_japanese_phone_numbers_meet(typed, normal):
    assert normalize_phone(typed) == normal


def test_a_foreign_number_without_prefix_keeps_its_digits():
    assert normalize_phone("(212) 555-0100", "US") == "2125550100"


@pytest.mark.parametrize(
    "typed, normal",
    [(" A.B@Example.COM ", "a.b@example.com"), ("\uff41@x.jp", "a@x.jp"), ("none", ""), ("a@b", ""), ("a b@x.jp", "")],
)
def test_email(typed, normal):
    assert normalize_email(typed) == normal


@pytest.mark.parametrize(
    "typed, country, normal",
    [
        ("\u3012100-0001", "JP", "1000001"),
        ("\uff11\uff10\uff10\u2212\uff10\uff10\uff10\uff11", "JP", "1000001"),
        ("100", "JP", ""),
        ("sw1a 1aa", "GB", "SW1A1AA"),
    ],
)
def test_zip(typed, country, normal):
    assert normalize_zip(typed, country) == normal


def test_names_meet_across_widths():
    assert normalize_name("\uff11\u4e01\u76ee\uff12\u2212\uff13 ABC") == normalize_name("1\u4e01\u76ee2-3abc")
