"""Where a Japanese postal code lies, as data. Source: Japan Post's list of postal codes (郵便番号データ), October 2026.

Codes of single offices (fourth digit 8) follow their post office, with a few exceptions that are not listed here.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right

# First and last of the first three digits, prefectures (ISO 3166-2:JP numbers). Where a prefix lies in several, all of them
_AREAS = """
001-007 1, 010-017 5, 018-018 2 5, 019-019 5, 020-029 3, 030-039 2, 040-099 1, 100-208 13, 210-259 14, 260-299 12, 300-310 8, 311-311 8 9,
312-319 8, 320-329 9, 330-348 11, 349-349 9 11, 350-369 11, 370-370 10 11, 371-379 10, 380-383 20, 384-384 10 20, 385-388 20,
389-389 10 15 20, 390-399 20, 400-409 19, 410-430 22, 431-431 22 23, 432-439 22, 440-497 23, 498-498 23 24, 500-509 21, 510-519 24,
520-520 25 26, 521-529 25, 530-562 27, 563-563 27 28, 564-599 27, 600-617 26, 618-618 26 27, 619-629 26, 630-630 27 29, 631-639 29,
640-646 30, 647-647 24 29 30, 648-648 29 30, 649-649 30, 650-679 28, 680-683 31, 684-684 31 32, 685-685 32, 689-689 31, 690-699 32,
700-719 33, 720-739 34, 740-759 35, 760-769 37, 770-779 36, 780-789 39, 790-799 38, 800-810 40, 811-811 40 42, 812-816 40, 817-817 42,
818-838 40, 839-839 40 44, 840-847 41, 848-848 41 42, 849-849 41, 850-859 42, 860-869 43, 870-870 44, 871-871 40 44, 872-879 44,
880-889 45, 890-899 46, 900-907 47, 910-919 18, 920-921 17, 922-922 17 18, 923-929 17, 930-938 16, 939-939 16 17, 940-948 15,
949-949 15 20, 950-959 15, 960-979 7, 980-989 4, 990-999 6
"""
_RUNS = [
    (first, last, frozenset(f"{int(number):02}" for number in numbers.split()))
    for first, last, numbers in re.findall(r"(\d{3})-(\d{3}) ([\d ]+)", _AREAS)
]
_FIRSTS = [first for first, _last, _numbers in _RUNS]

# Okinawa, and islands that no road reaches: where carriers take longer or charge more
REMOTE = (
    *("04314", "04315"),  # Okushiri
    *("07838", "07839"),  # Teuri, Yagishiri
    *("09701", "09702", "09703", "09704", "0971"),  # Rishiri, Rebun
    *("10001", "10002", "10003", "10004", "10005", "10006", "1001", "1002"),  # Izu islands, Ogasawara
    *("68401", "68402", "68403", "68404", "685"),  # Oki
    *("7614",),  # Shodoshima, Teshima
    *("8115", "817", "853", "8574"),  # Iki, Tsushima, Goto
    *("8913", "8914", "89009", "8915"),  # Tanegashima, Yakushima, Mishima, Tokara
    *("8916", "8917", "8918", "8919", "894"),  # Amami
    *("8961",),  # Koshikijima
    *("90",),  # Okinawa
    *("9280072", "952", "958006", "99802"),  # Hegura, Sado, Awashima, Tobishima
)


def digits(zip_code: str | bool | None) -> str:
    """The digits of a postal code as people write it (〒, hyphens, full-width): "〒１００-０００１" → "1000001"."""
    return re.sub(r"\D", "", unicodedata.normalize("NFKC", zip_code)) if isinstance(zip_code, str) else ""


def prefectures(zip_code: str) -> frozenset[str]:
    """The prefectures ("01" … "47") a code of 7 digits may lie in; empty if there is no such code."""
    run = bisect_right(_FIRSTS, zip_code[:3]) - 1
    if run < 0 or zip_code[:3] > _RUNS[run][1]:
        return frozenset()
    return _RUNS[run][2]
