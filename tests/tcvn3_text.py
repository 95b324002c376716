"""Vietnamese names and letters, and what becomes of them in TCVN3."""

from __future__ import annotations

import unicodedata

# What glibc 2.36 makes of the bytes A1 to FE: `iconv -f TCVN5712-1 -t UTF-8`, one byte at a time. TCVN5712-1 (VN1)
# agrees with TCVN3 (VN3) wherever VN3 has a letter; it adds toned capitals and combining tones, told apart below.
GLIBC = """
    A1Ă A2Â A3Ê A4Ô A5Ơ A6Ư A7Đ A8ă A9â AAê ABô ACơ ADư AEđ B5à B6ả B7ã B8á B9ạ BBằ BCẳ BDẵ BEắ C6ặ
    C7ầ C8ẩ C9ẫ CAấ CBậ CCè CEẻ CFẽ D0é D1ẹ D2ề D3ể D4ễ D5ế D6ệ D7ì D8ỉ DCĩ DDí DEị DFò E1ỏ E2õ E3ó
    E4ọ E5ồ E6ổ E7ỗ E8ố E9ộ EAờ EBở ECỡ EDớ EEợ EFù F1ủ F2ũ F3ú F4ụ F5ừ F6ử F7ữ F8ứ F9ự FAỳ FBỷ FCỹ
    FDý FEỵ
"""
BYTES = {entry[2:]: int(entry[:2], 16) for entry in GLIBC.split()}

TONES = "\u0300\u0301\u0303\u0309\u0323"
SMALL = [unicodedata.normalize("NFC", vowel + tone) for vowel in "aăâeêioôơuưy" for tone in ("", *TONES)]
SMALL = [letter for letter in SMALL if not letter.isascii()] + ["đ"]
CAPITALS = [letter.upper() for letter in SMALL]

PROVINCES = """
    Hà Nội|Hà Giang|Cao Bằng|Bắc Kạn|Tuyên Quang|Lào Cai|Điện Biên|Lai Châu|Sơn La|Yên Bái|Hoà Bình|
    Thái Nguyên|Lạng Sơn|Quảng Ninh|Bắc Giang|Phú Thọ|Vĩnh Phúc|Bắc Ninh|Hải Dương|Hải Phòng|
    Hưng Yên|Thái Bình|Hà Nam|Nam Định|Ninh Bình|Thanh Hoá|Nghệ An|Hà Tĩnh|Quảng Bình|Quảng Trị|
    Thừa Thiên - Huế|Đà Nẵng|Quảng Nam|Quảng Ngãi|Bình Định|Phú Yên|Khánh Hoà|Ninh Thuận|Bình Thuận|
    Kon Tum|Gia Lai|Đắk Lắk|Đắk Nông|Lâm Đồng|Bình Phước|Tây Ninh|Bình Dương|Đồng Nai|
    Bà Rịa - Vũng Tàu|Hồ Chí Minh|Long An|Tiền Giang|Bến Tre|Trà Vinh|Vĩnh Long|Đồng Tháp|An Giang|
    Kiên Giang|Cần Thơ|Hậu Giang|Sóc Trăng|Bạc Liêu|Cà Mau
"""
PEOPLES = """
    Kinh|Tày|Thái|Mường|Khơ-me|Hoa|Nùng|H'Mông|Dao|Gia-rai|Ê-đê|Ba-na|Sán Chay|Chăm|Cơ-ho|Xơ-đăng|
    Sán Dìu|Hrê|Ra-glai|Mnông|Thổ|Xtiêng|Khơ-mú|Bru - Vân Kiều|Cơ-tu|Giáy|Tà-ôi|Mạ|Giẻ-Triêng|Co|
    Chơ-ro|Xinh-mun|Hà Nhì|Chu-ru|Lào|La Chí|Kháng|Phù Lá|La Hủ|La Ha|Pà Thẻn|Lự|Ngái|Chứt|Lô Lô|
    Mảng|Cơ Lao|Bố Y|Cống|Si La|Pu Péo|Brâu|Ơ-đu|Rơ-măm
"""


def named(listing: str) -> list[str]:
    return [name.strip() for name in listing.split("|")]


def mangle(text: str) -> str:
    """Write in TCVN3, read as Latin-1."""
    return "".join(chr(BYTES.get(letter, ord(letter))) for letter in text)
