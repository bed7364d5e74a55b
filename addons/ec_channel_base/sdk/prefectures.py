"""The 47 prefectures of Japan as buyers and shops write them; the codes are ISO 3166-2:JP."""

from __future__ import annotations

import re
import unicodedata

_KANJI = (
    "北海道 青森県 岩手県 宮城県 秋田県 山形県 福島県 茨城県 栃木県 群馬県 埼玉県 千葉県 東京都 神奈川県 新潟県 富山県 石川県 福井県 山梨県 長野県 "
    "岐阜県 静岡県 愛知県 三重県 滋賀県 京都府 大阪府 兵庫県 奈良県 和歌山県 鳥取県 島根県 岡山県 広島県 山口県 徳島県 香川県 愛媛県 高知県 福岡県 "
    "佐賀県 長崎県 熊本県 大分県 宮崎県 鹿児島県 沖縄県"
).split()
_ROMAJI = (
    "hokkaido aomori iwate miyagi akita yamagata fukushima ibaraki tochigi gunma saitama chiba tokyo kanagawa niigata toyama "
    "ishikawa fukui yamanashi nagano gifu shizuoka aichi mie shiga kyoto osaka hyogo nara wakayama tottori shimane okayama "
    "hiroshima yamaguchi tokushima kagawa ehime kochi fukuoka saga nagasaki kumamoto oita miyazaki kagoshima okinawa"
).split()


def _spellings() -> dict[str, str]:
    codes: dict[str, str] = {}
    for number, (kanji, romaji) in enumerate(zip(_KANJI, _ROMAJI, strict=True), start=1):
        code = f"JP-{number:02}"
        codes[kanji] = codes[romaji] = code
        if kanji != "北海道":
            codes[kanji[:-1]] = code
    return codes


_CODES = _spellings()


def prefecture_code(text: str) -> str:
    """ISO code of a prefecture: 東京都, 東京, Tokyo, Tōkyō-to and TOKYO are all "JP-13"; "" for anything else."""
    narrow = unicodedata.normalize("NFKC", text).strip().lower()
    if narrow in _CODES:
        return _CODES[narrow]
    # Long vowels: the macron of Tōkyō goes, and "ou" of Toukyou is left alone: it is nobody's official spelling
    bare = "".join(letter for letter in unicodedata.normalize("NFKD", narrow) if not unicodedata.combining(letter))
    return _CODES.get(re.sub(r"[\s-]+(to|do|fu|ken|prefecture|metropolis)$", "", bare), "")
