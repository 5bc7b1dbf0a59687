"""Damage done to valid input: seeded, so that a case is found again by its number."""

import io
import zipfile
from collections.abc import Callable, Sequence
from random import Random

LETTERS = (
    *"0123456789.,;:-+*/^()[]{}=\"'\\|%#_ \t\n\r<>&@!?~",
    *"eExXnNaAqQtTzZ年月日季至万亿度千吨一四",
    *"０９．，－％＋（）",  # full width
    *"²³⁻①½٣৪",  # digits that are none to us
    "\N{NO-BREAK SPACE}",
    "\N{NARROW NO-BREAK SPACE}",
    "\N{ZERO WIDTH SPACE}",
    "\N{RIGHT-TO-LEFT OVERRIDE}",
    "\N{COMBINING ACUTE ACCENT}",
    "\N{SOFT HYPHEN}",
    "\ufeff",
    "\N{MINUS SIGN}",
    "\N{EN DASH}",
    "\x00",
    "\x1b",
    "\x85",
    "\N{GRINNING FACE}",
    "\N{CJK COMPATIBILITY IDEOGRAPH-F900}",
    "㎥",
    "㎏",
    "℃",
    "₂",
    "İ",
    "ß",
)
WORDS = (
    "nan",
    "inf",
    "-0",
    "1e99",
    "1e-99",
    "1e999999999",
    "9" * 40,
    "0." + "0" * 60 + "1",
    "-1",
    "0",
    "1/3",
    "1,234.5",
    "1.234,5",
    "NaT",
    "None",
    "null",
    "true",
    "#DIV/0!",
    "#REF!",
    "=1+1",
    "@SUM(A1)",
    "2024-02-30",
    "9999-12-31",
    "0000-01-01",
    "2024-13",
    "45352",
    "1900-02-29",
    "10^99 kWh",
    "kWh/0",
    "a" * 500,
    "(" * 60,
    "[" * 60,
    "\u4e00" * 90,
    "../../etc/passwd",
    "{0.__class__}",
    "{name}",
    "%s%n",
    "__import__('os')",
    "<!ENTITY a 'b'>",
    "\r\n",
    '""',
    '"',
    "''",
    ";;;",
    "\ufffe",
)
BYTES = (
    b"\x00",
    b"\xff",
    b"\x80",
    b"\r",
    b"\n",
    b'"',
    b",",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"\xed\xa0\x80",
    b"PK\x03\x04",
)


def text(random: Random, seeds: Sequence[str], most: int = 4) -> str:
    """Return a valid text with a few letters, words or pieces of others put in, taken out, doubled or swapped."""
    made = random.choice(seeds)
    for _ in range(random.randint(0, most)):
        at = random.randint(0, len(made))
        to = min(len(made), at + random.randint(0, 8))
        change = random.randrange(8)
        if change <= 2:
            made = made[:at] + random.choice(LETTERS) + made[at + random.randint(0, 1) :]
        elif change == 3:
            made = made[:at] + made[to:]
        elif change == 4:
            made = made[:to] + made[at:]
        elif change == 5:
            made = made[:at] + random.choice(WORDS) + made[to:]
        elif change == 6:
            other = random.choice(seeds)
            start = random.randint(0, len(other))
            made = made[:at] + other[start : start + random.randint(1, 12)] + made[to:]
        else:
            made = made[:at] + made[at:to][::-1] + made[to:]
    return made


def noise(random: Random, most: int = 24) -> str:
    """Return text of no form at all."""
    return "".join(
        random.choice(LETTERS) if random.random() < 0.8 else chr(random.choice((random.randrange(0xD800), 0x10FFFF)))
        for _ in range(random.randint(0, most))
    )


def data(random: Random, seeds: Sequence[bytes], most: int = 6) -> bytes:
    """Return valid bytes with some flipped, cut out, doubled, or taken from another place."""
    made = bytearray(random.choice(seeds))
    for _ in range(random.randint(1, most)):
        at = random.randint(0, len(made))
        to = min(len(made), at + random.choice((1, 2, 8, 64)))
        change = random.randrange(6)
        if change <= 1 and at < len(made):
            made[at] ^= 1 << random.randrange(8)
        elif change == 2:
            del made[at:to]
        elif change == 3:
            made[at:at] = made[at:to]
        elif change == 4:
            made[at:at] = random.choice(BYTES)
        else:
            made[at:to] = random.randbytes(to - at)
    if random.random() < 0.03:
        del made[random.randint(0, len(made)) :]
    return bytes(made)


def table(random: Random, seeds: Sequence[str]) -> bytes:
    """Return CSV with cells swapped or damaged, rows and columns doubled, headings repeated, in some encoding."""
    rows = [line.split(",") for line in random.choice(seeds).splitlines()]
    for _ in range(random.randint(0, 4)):
        row = random.choice(rows)
        at = random.randrange(len(row)) if row else 0
        change = random.randrange(9)
        if change == 0:
            other = random.choice(rows)
            if row and other:
                to = random.randrange(len(other))
                row[at], other[to] = other[to], row[at]
        elif change == 1:
            rows.insert(random.randint(0, len(rows)), list(row))
        elif change == 2:
            for one in rows:
                one.append(one[at] if at < len(one) else "")
        elif change == 3:
            row.append(random.choice(WORDS))
        elif change == 4 and row:
            del row[at]
        elif change == 5 and len(rows) > 1:
            rows.remove(row)
        elif row:
            row[at] = text(random, [row[at]], 2) if random.random() < 0.6 else random.choice(WORDS)
    made = random.choice(("\n", "\n", "\r\n")).join(",".join(row) for row in rows)
    encoding = random.choice(("utf-8", "utf-8", "utf-8", "utf-8-sig", "gb18030", "utf-16"))
    raw = made.encode(encoding, "replace")
    return data(random, [raw], 2) if random.random() < 0.2 else raw


def archive(random: Random, members: dict[str, bytes], damage: Callable[[Random, bytes], bytes]) -> bytes:
    """Return a zip of which a member or two were damaged, doubled, left out or renamed."""
    made = dict(members)
    for _ in range(random.randint(0, 2)):
        name = random.choice(sorted(made))
        change = random.randrange(8)
        if change == 0 and len(made) > 1:
            del made[name]
        elif change == 1:
            made[text(random, [name], 2)] = made.pop(name)
        else:
            made[name] = damage(random, made[name])
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", random.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))) as zipped:
        for name, content in made.items():
            zipped.writestr(name.replace("\x00", "") or "x", content)
    raw = whole.getvalue()
    return data(random, [raw], 3) if random.random() < 0.25 else raw
