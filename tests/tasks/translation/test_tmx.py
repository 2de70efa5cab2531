"""TMX files: pairs of two languages, and hostile files."""

from pathlib import Path

import pytest

from service.errors import MalformedFile, UnknownLanguage
from service.tasks.translation import MemoryPair, read_tmx


def tmx(*units: str, head: str = "", root: str = "tmx") -> bytes:
    body = "".join(f"<tu>{unit}</tu>" for unit in units)
    return f"{head}<{root} version='1.4'><header srclang='en'/><body>{body}</body></{root}>".encode()


def tuv(language: str, text: str, name: str = "xml:lang") -> str:
    return f"<tuv {name}='{language}'><seg>{text}</seg></tuv>"


DTD = "<?xml version='1.0'?>\n<!DOCTYPE tmx SYSTEM 'tmx14.dtd'>\n"


def test_pairs_of_two_languages() -> None:
    data = tmx(
        "<!-- a note --><note>n</note>" + tuv("EN-us", " One &amp; two ") + tuv("de", "Eins &amp; zwei"),
        tuv("de", "Ja") + tuv("en", "Yes", "lang") + tuv("fr", "Oui"),
        tuv("en", "No") + tuv("fr", "Non"),
        tuv("en", "") + tuv("de", "Leer"),
        tuv("xx-nonsense-language", "?") + tuv("de", "x"),
        tuv("en", "<bpt i='1'>&lt;b></bpt>Hi<ept i='1'>&lt;/b></ept> <ph>{x}</ph><hi>!</hi>") + tuv("de", "Hallo"),
        tuv("en", "colour") + tuv("en-US", "color") + tuv("de-AT", "Farb") + tuv("de", "Farbe"),
        head=DTD,
    )
    assert read_tmx(data, "en-US", "German") == [
        MemoryPair("One & two", "Eins & zwei"),
        MemoryPair("Yes", "Ja"),
        MemoryPair("<b>Hi</b> {x}!", "Hallo"),
        MemoryPair("color", "Farbe"),
    ]


def test_other_encodings_and_namespaces() -> None:
    text = tmx(tuv("en", "a") + tuv("zh", "啊")).decode().replace("<tmx", "<tmx xmlns='urn:x'")
    assert read_tmx(f"<?xml version='1.0' encoding='UTF-16'?>{text}".encode("utf-16"), "en", "zh-CN") == [
        MemoryPair("a", "啊")
    ]


def test_no_pairs() -> None:
    assert read_tmx(tmx(), "en", "de") == []


BOMB = "<!DOCTYPE tmx [<!ENTITY a 'aaaaaaaaaa'>" + "".join(
    f"<!ENTITY {new} '{f'&{old};' * 10}'>" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"text",
        b"<tmx>",
        b"<tmx><body><tu></tmx>",
        tmx(root="xliff"),
        tmx(tuv("en", "&i;") + tuv("de", "x"), head=f"{BOMB}]>"),
        tmx(tuv("en", "x") + tuv("&i;", "x"), head=f"{BOMB}]>"),
        tmx(*[tuv("en", str(i)) + tuv("de", "x") for i in range(4)]),
        b"\xff\xfe<\x00",
    ],
)
def test_wrong_files_are_refused(data: bytes) -> None:
    with pytest.raises(MalformedFile) as refused:
        read_tmx(data, "en", "de", most=3, param="memory")
    assert refused.value.param == "memory"


def test_no_file_is_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret")
    for head in (
        f"<!DOCTYPE tmx [<!ENTITY s SYSTEM '{secret.as_uri()}'>]>",
        f"<!DOCTYPE tmx SYSTEM '{secret.as_uri()}'>",
    ):
        try:
            pairs = read_tmx(tmx(tuv("en", "&s;") + tuv("de", "x"), head=head), "en", "de")
        except MalformedFile:
            pairs = []
        assert "secret" not in str(pairs)


def test_unknown_languages() -> None:
    with pytest.raises(UnknownLanguage) as refused:
        read_tmx(tmx(), "en", "nonsense language")
    assert refused.value.param == "target_lang"
