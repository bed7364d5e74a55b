"""Names of countries and provinces by the codes that addresses carry."""
from __future__ import annotations

COUNTRIES = {
    "AE": "United Arab Emirates", "AT": "Austria", "AU": "Australia", "BE": "Belgium", "BH": "Bahrain", "BR": "Brazil", "CA": "Canada", "CH": "Switzerland",
    "CN": "China", "DE": "Germany", "DK": "Denmark", "ES": "Spain", "FI": "Finland", "FR": "France", "GB": "United Kingdom",
    "HK": "Hong Kong SAR", "IE": "Ireland", "IN": "India", "IT": "Italy", "JP": "Japan", "KR": "South Korea", "MX": "Mexico",
    "NL": "Netherlands", "NO": "Norway", "NZ": "New Zealand", "PL": "Poland", "PT": "Portugal", "SE": "Sweden",
    "SG": "Singapore", "TH": "Thailand", "TW": "Taiwan", "US": "United States",
}

_CANADA = {
    "AB": "Alberta", "BC": "British Columbia", "MB": "Manitoba", "NB": "New Brunswick", "NL": "Newfoundland and Labrador",
    "NS": "Nova Scotia", "NT": "Northwest Territories", "NU": "Nunavut", "ON": "Ontario", "PE": "Prince Edward Island",
    "QC": "Quebec", "SK": "Saskatchewan", "YT": "Yukon",
}

_UNITED_STATES = {
    "AL": "Alabama", "AK": "Alaska", "AZ": "Arizona", "AR": "Arkansas", "CA": "California", "CO": "Colorado",
    "CT": "Connecticut", "DE": "Delaware", "DC": "District of Columbia", "FL": "Florida", "GA": "Georgia", "HI": "Hawaii",
    "ID": "Idaho", "IL": "Illinois", "IN": "Indiana", "IA": "Iowa", "KS": "Kansas", "KY": "Kentucky", "LA": "Louisiana",
    "ME": "Maine", "MD": "Maryland", "MA": "Massachusetts", "MI": "Michigan", "MN": "Minnesota", "MS": "Mississippi",
    "MO": "Missouri", "MT": "Montana", "NE": "Nebraska", "NV": "Nevada", "NH": "New Hampshire", "NJ": "New Jersey",
    "NM": "New Mexico", "NY": "New York", "NC": "North Carolina", "ND": "North Dakota", "OH": "Ohio", "OK": "Oklahoma",
    "OR": "Oregon", "PA": "Pennsylvania", "RI": "Rhode Island", "SC": "South Carolina", "SD": "South Dakota",
    "TN": "Tennessee", "TX": "Texas", "UT": "Utah", "VT": "Vermont", "VA": "Virginia", "WA": "Washington",
    "WV": "West Virginia", "WI": "Wisconsin", "WY": "Wyoming",
}

_JAPAN = dict(zip(
    (f"JP-{number:02}" for number in range(1, 48)),
    "Hokkaidō Aomori Iwate Miyagi Akita Yamagata Fukushima Ibaraki Tochigi Gunma Saitama Chiba Tōkyō Kanagawa Niigata Toyama "
    "Ishikawa Fukui Yamanashi Nagano Gifu Shizuoka Aichi Mie Shiga Kyōto Ōsaka Hyōgo Nara Wakayama Tottori Shimane Okayama "
    "Hiroshima Yamaguchi Tokushima Kagawa Ehime Kōchi Fukuoka Saga Nagasaki Kumamoto Ōita Miyazaki Kagoshima Okinawa".split(),
    strict=True,
))

_AUSTRALIA = {
    "ACT": "Australian Capital Territory", "NSW": "New South Wales", "NT": "Northern Territory", "QLD": "Queensland",
    "SA": "South Australia", "TAS": "Tasmania", "VIC": "Victoria", "WA": "Western Australia",
}

_EMIRATES = {
    "AZ": "Abu Dhabi", "AJ": "Ajman", "DU": "Dubai", "FU": "Fujairah", "RK": "Ras al-Khaimah", "SH": "Sharjah",
    "UQ": "Umm al-Quwain",
}

PROVINCES = {"AE": _EMIRATES, "AU": _AUSTRALIA, "CA": _CANADA, "JP": _JAPAN, "US": _UNITED_STATES}


def country_name(code: str | None) -> str | None:
    return COUNTRIES.get(code, code) if code else None


def province_name(country: str | None, code: str | None) -> str | None:
    return PROVINCES.get(country or "", {}).get(code, code) if code else None
