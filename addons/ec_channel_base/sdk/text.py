"""Normal forms of what buyers type, to *propose* that two customers are one. Never stored in place of the original."""

from __future__ import annotations

import re
import unicodedata

_NOT_DIGITS = re.compile(r"\D+")
_HYPHENS = re.compile(r"[‐‑‒–—―−ー－\-]+")


def normalize_email(text: str) -> str:
    """Lower case, full-width letters made narrow; "" for what has no @."""
    email = unicodedata.normalize("NFKC", text).strip().lower()
    local, at, domain = email.rpartition("@")
    return email if at and local and "." in domain and not re.search(r"\s", email) else ""


def normalize_phone(text: str, country_code: str = "JP") -> str:
    """Digits in international form ("+819012345678"); "" when too short to tell people apart.

    A number without a prefix is taken as one of `country_code`, of which only Japan is known here: others keep their digits.
    """
    narrow = unicodedata.normalize("NFKC", text).strip()
    narrow = re.sub(r"^(?:\+\s*|00|010[\s\-]*)81[\s\-]*(?:\(0\)|0)?", "+81", narrow)
    digits = _NOT_DIGITS.sub("", narrow)
    if len(digits) < 8:
        return ""
    if narrow.startswith("+"):
        return f"+{digits}"
    if digits.startswith("00"):
        return f"+{digits[2:]}"
    if country_code == "JP" and digits.startswith("0"):
        return f"+81{digits[1:]}"
    return digits


def normalize_zip(text: str, country_code: str = "JP") -> str:
    """Without blanks, narrow, upper case; a Japanese one as 7 digits, "" when it has another number of them."""
    narrow = re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).upper().removeprefix("〒")
    if country_code != "JP":
        return narrow
    digits = _NOT_DIGITS.sub("", narrow)
    return digits if len(digits) == 7 else ""


def normalize_name(text: str) -> str:
    """For comparing names and streets: NFKC, lower case, no blanks, one kind of hyphen."""
    narrow = unicodedata.normalize("NFKC", text).lower()
    return _HYPHENS.sub("-", re.sub(r"\s+", "", narrow))
