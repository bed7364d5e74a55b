"""Where states lie, and how far two points are apart. Pure.

Coordinates are those of the prefectural government offices, in degrees, rounded to two decimals (about a kilometre): approximate,
good for ranking warehouses, not for anything that is billed by distance.
"""

from math import asin, cos, radians, sin, sqrt
from typing import Any

Point = tuple[float, float]
EARTH_KM = 6371.0

# ISO 3166-2:JP code → latitude, longitude of the prefectural office
OFFICES: dict[str, Point] = {
    "JP-01": (43.06, 141.35),  # Hokkaido
    "JP-02": (40.82, 140.74),  # Aomori
    "JP-03": (39.70, 141.15),  # Iwate
    "JP-04": (38.27, 140.87),  # Miyagi
    "JP-05": (39.72, 140.10),  # Akita
    "JP-06": (38.24, 140.36),  # Yamagata
    "JP-07": (37.75, 140.47),  # Fukushima
    "JP-08": (36.34, 140.45),  # Ibaraki
    "JP-09": (36.57, 139.88),  # Tochigi
    "JP-10": (36.39, 139.06),  # Gunma
    "JP-11": (35.86, 139.65),  # Saitama
    "JP-12": (35.60, 140.12),  # Chiba
    "JP-13": (35.69, 139.69),  # Tokyo
    "JP-14": (35.45, 139.64),  # Kanagawa
    "JP-15": (37.90, 139.02),  # Niigata
    "JP-16": (36.70, 137.21),  # Toyama
    "JP-17": (36.59, 136.63),  # Ishikawa
    "JP-18": (36.07, 136.22),  # Fukui
    "JP-19": (35.66, 138.57),  # Yamanashi
    "JP-20": (36.65, 138.18),  # Nagano
    "JP-21": (35.39, 136.72),  # Gifu
    "JP-22": (34.98, 138.38),  # Shizuoka
    "JP-23": (35.18, 136.91),  # Aichi
    "JP-24": (34.73, 136.51),  # Mie
    "JP-25": (35.00, 135.87),  # Shiga
    "JP-26": (35.02, 135.76),  # Kyoto
    "JP-27": (34.69, 135.52),  # Osaka
    "JP-28": (34.69, 135.18),  # Hyogo
    "JP-29": (34.69, 135.83),  # Nara
    "JP-30": (34.23, 135.17),  # Wakayama
    "JP-31": (35.50, 134.24),  # Tottori
    "JP-32": (35.47, 133.05),  # Shimane
    "JP-33": (34.66, 133.93),  # Okayama
    "JP-34": (34.40, 132.46),  # Hiroshima
    "JP-35": (34.19, 131.47),  # Yamaguchi
    "JP-36": (34.07, 134.56),  # Tokushima
    "JP-37": (34.34, 134.04),  # Kagawa
    "JP-38": (33.84, 132.77),  # Ehime
    "JP-39": (33.56, 133.53),  # Kochi
    "JP-40": (33.61, 130.42),  # Fukuoka
    "JP-41": (33.25, 130.30),  # Saga
    "JP-42": (32.75, 129.87),  # Nagasaki
    "JP-43": (32.79, 130.74),  # Kumamoto
    "JP-44": (33.24, 131.61),  # Oita
    "JP-45": (31.91, 131.42),  # Miyazaki
    "JP-46": (31.56, 130.56),  # Kagoshima
    "JP-47": (26.21, 127.68),  # Okinawa
}


def state_code(code: Any, country: Any = None) -> str:
    """The state as country and code: "JP-13" for "JP-13", and for "13" of Japan or of no country; "" if there is none."""
    text, country = str(code or "").strip().upper(), str(country or "").strip().upper()
    if not text or "-" in text:
        return text
    if text.isdigit() and country in ("", "JP"):
        return f"JP-{int(text):02}"
    return f"{country}-{text}" if country else text


def state_point(code: Any, country: Any = None) -> Point | None:
    """Latitude and longitude of a state's office in degrees; None if it is not in the table."""
    return OFFICES.get(state_code(code, country))


def km(one: Point, other: Point) -> float:
    """Great-circle distance in kilometres."""
    lat1, lon1, lat2, lon2 = map(radians, (*one, *other))
    chord = sin((lat2 - lat1) / 2) ** 2 + cos(lat1) * cos(lat2) * sin((lon2 - lon1) / 2) ** 2
    return 2 * EARTH_KM * asin(sqrt(min(1.0, chord)))
