"""Text is decoded as it was written, whatever the program that wrote it."""

from pathlib import Path

import pytest

from training.data.errors import DataError
from training.data.formats.encoding import decode

PATH = Path("my.csv")
GERMAN = "Datum;Größe\n2020-01-01;5\n"


@pytest.mark.parametrize(
    ("text", "encoding", "name"),
    [
        (GERMAN, "utf-8", "UTF-8"),
        (GERMAN, "utf-8-sig", "UTF-8 with a byte order mark"),
        (GERMAN, "utf-16", "UTF-16"),
        (GERMAN, "utf-16-le", "UTF-16-LE without a byte order mark"),
        (GERMAN, "utf-16-be", "UTF-16-BE without a byte order mark"),
        (GERMAN, "utf-32", "UTF-32"),
        (GERMAN, "cp1252", "cp1252"),
        (GERMAN, "latin-1", "cp1252"),
        ("date,price\n2020-01-01,£5.20\n", "cp1252", "cp1252"),
        ("text,label\nit’s “great” – really,1\nThe café was naïve,0\n", "cp1252", "cp1252"),
        ("Date;Valeur\nfévr. 2020;5\ndéc. 2020;6\n", "cp1252", "cp1252"),
        ("Monat;Wert\nMärz 2020;1\u00a0234,5\n", "latin-1", "cp1252"),
        ("Data;Wartość\n2020;5\nśnieg i żółw są piękne, dziękuję;6\n", "cp1250", "cp1250"),
        ("Дата;Значение\n2020-01-01;5\nочень хороший фильм;6\n", "cp1251", "cp1251"),
        ("日付,売上\n2020-01-01,5\nとても面白かったです,6\n", "shift_jis", "cp932"),
        ("日期,销售额\n2020-01-01,5\n这部电影非常好看,6\n", "gb18030", "gb18030"),
        ("text,label\nit’s “great” café,1\nI don’t like it,0\n", "mac_roman", "mac_roman"),
    ],
)
def test_the_encoding_is_found(text, encoding, name):
    decoded = decode(text.encode(encoding), None, PATH)
    assert decoded.text == text
    assert decoded.encoding.split(" (")[0] == name


def test_a_few_damaged_characters_in_utf_8_are_named():
    decoded = decode(("größer als je\n" * 9).encode() + b"caf\xe9\n", None, PATH)
    assert decoded.encoding == "UTF-8 with 1 damaged character (now \ufffd)"
    assert decoded.text.endswith("caf\ufffd\n")


def test_the_user_decides_on_the_encoding():
    assert decode("Größe".encode("cp437"), "cp437", PATH).text == "Größe"
    assert decode("\ufeffa".encode(), "utf-8", PATH).text == "a"


@pytest.mark.parametrize(
    ("data", "encoding", "fault"),
    [
        (b"a", "utf-9", "is no encoding; utf-8, cp1252"),
        (b"a", "zip", "is no encoding"),
        (b"caf\xe9", "utf-8", "cannot be read as utf-8.*name its encoding with --encoding"),
        (b"\xff\xfea", None, "cannot be read as utf-16"),
    ],
)
def test_an_encoding_that_does_not_fit_is_refused(data, encoding, fault):
    with pytest.raises(DataError, match=fault):
        decode(data, encoding, PATH)
