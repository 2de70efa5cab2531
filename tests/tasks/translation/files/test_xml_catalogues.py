"""Catalogues in XML: lxml reads the translations in their places, with the inline elements, and all else as it was."""

import plistlib
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from service.errors import MalformedFile
from service.tasks.translation.files.file_format import FileText
from service.tasks.translation.files.formats import find_file_format
from tests.tasks.translation.files.translating import texts_of, translated

XLIFF = b"""<?xml version="1.0"?>
<xliff version="1.2" xmlns="urn:oasis:names:tc:xliff:document:1.2">
 <file original="a" source-language="en" datatype="x"><body>
  <trans-unit id="1">
    <source>Hello <g id="1">big</g> <x id="2"/>world</source>
    <note>A greeting</note>
    <alt-trans><source>other</source><target>autre</target></alt-trans>
  </trans-unit>
  <trans-unit id="2"><source>Done</source><target state="final">Fait</target></trans-unit>
  <trans-unit id="3"><source>Wait &amp; <ph id="1">{a}</ph> see</source><target state="new"/></trans-unit>
  <trans-unit id="4" translate="no"><source>No</source></trans-unit>
  <trans-unit id="5"><source>One. Two.</source>
    <seg-source><mrk mid="1" mtype="seg">One.</mrk> <mrk mid="2" mtype="seg">Two.</mrk></seg-source>
  </trans-unit>
 </body></file></xliff>"""
XLIFF_2 = b"""<xliff version="2.0" srcLang="en" trgLang="fr-CA" xmlns="urn:oasis:names:tc:xliff:document:2.0">
<file id="f"><unit id="1">
<segment id="s1">
  <source>Hello <pc id="1">you</pc> <ph id="2"/>.</source>
</segment><ignorable><source> x </source></ignorable>
<segment state="initial"><source>Two</source>
<target></target></segment><segment state="final"><source>Three</source><target>Trois</target></segment>
</unit></file></xliff>"""
ANDROID = rb"""<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE resources [<!ENTITY app "My App">]>
<resources xmlns:xliff="urn:oasis:names:tc:xliff:document:1.2">
    <!-- A comment -->
    <string name="a">Don\'t <b>stop</b>\n<xliff:g id="x">%1$s</xliff:g> in
       &app; now</string>
    <string name="b" translatable="false">No</string>
    <string name="c"><![CDATA[Hello <b>you</b> & \'me\']]></string>
    <string name="d">@string/a</string>
    <plurals name="p"><item quantity="one">%d file</item><item quantity="other">%d files</item></plurals>
    <string-array name="q"><item>"Quoted  text"</item></string-array>
    <integer-array name="r"><item>x</item></integer-array>
</resources>"""
WORDS = st.text(st.sampled_from("ab Z&<>'\"é你😀@?"), min_size=1, max_size=12)


def test_targets_of_xliff_stand_after_their_sources_with_a_state() -> None:
    assert texts_of("a.xlf", XLIFF) == [
        'Hello <span id="1">big</span> <wbr id="5"/>world',
        'Wait &amp; <wbr id="1"/> see',
        '<span id="0">One.</span> <span id="4">Two.</span>',
    ]
    (first, *_) = find_file_format("a.xliff").read(XLIFF).texts
    assert first.context == "A greeting"
    written = translated("a.xlf", XLIFF)
    assert _inner(written, "//x:file/@target-language") == ["fr"]
    assert _inner(written, "//x:trans-unit/x:target") == [
        'HELLO <g id="1">BIG</g> <x id="2"/>WORLD',
        "Fait",
        'WAIT &amp; <ph id="1">{a}</ph> SEE',
        '<mrk mid="1" mtype="seg">ONE.</mrk> <mrk mid="2" mtype="seg">TWO.</mrk>',
    ]
    assert _inner(written, "//x:trans-unit/x:target/@state") == ["translated", "final", "translated", "translated"]
    assert _without(written, "target") == _without(
        XLIFF.replace(b'datatype="x"', b'datatype="x" target-language="fr"'), "target"
    )


def test_segments_of_xliff_2_get_targets_and_keep_the_region_of_the_language() -> None:
    assert texts_of("a.xlf", XLIFF_2) == ['Hello <span n="1">you</span> <wbr n="5"/>.', "Two"]
    written = translated("a.xlf", XLIFF_2)
    assert _inner(written, "/x:xliff/@trgLang") == ["fr-CA"]
    assert _inner(written, "//x:target") == ['HELLO <pc id="1">YOU</pc> <ph id="2"/>.', "TWO", "Trois"]
    assert _inner(written, "//x:segment/@state") == ["translated", "translated", "final"]


def test_strings_of_android_keep_markup_escapes_and_what_is_not_translated() -> None:
    texts = find_file_format("a.android", "android").read(ANDROID).texts
    assert [(each.text, each.format, each.context) for each in texts] == [
        ('Don\'t <span n="1">stop</span><br n="4"/><wbr n="5"/> in <wbr n="7"/> now', "html", "A comment"),
        ("Hello <b>you</b> & 'me'", "html", ""),
        ("%d file", "text", ""),
        ("%d files", "text", ""),
        ("Quoted text", "text", ""),
    ]
    written = translated("strings.xml", ANDROID)
    assert rb"""DON\'T <b>STOP</b>\n<xliff:g id="x">%1$s</xliff:g> IN &app; NOW<""" in written
    assert rb"<![CDATA[HELLO <b>YOU</b> & \'ME\']]>" in written
    assert _inner(written, "//item") == ["%D FILE", "%D FILES", "QUOTED TEXT", "x"]


@settings(max_examples=20)
@given(st.lists(WORDS, max_size=4), st.sampled_from(["utf-8", "iso-8859-1", "utf-16"]))
def test_documents_of_lxml_in_their_encodings(words: list[str], encoding: str) -> None:
    root = etree.Element("resources")
    for word in words:
        etree.SubElement(root, "string", name="a").text = word.replace("'", r"\'").replace('"', r"\"")
    data: Any = etree.tostring(root, encoding=encoding, xml_declaration=True)
    written = translated("strings.xml", data, lambda text: text.text.upper() + "’ok 你")
    for string, word in zip(etree.fromstring(written), words, strict=True):
        spoken = (string.text or "").replace("\\", "")
        assert spoken in (word, f"{' '.join(word.split()).upper()}’ok 你") or word.strip() != word


def test_plural_forms_of_a_stringsdict() -> None:
    forms = {"one": "%d file", "other": "%d & files", "NSStringFormatSpecTypeKey": "NSStringPluralRuleType"}
    data = plistlib.dumps({"k": {"NSStringLocalizedFormatKey": "%#@n@", "n": forms}})
    assert plistlib.loads(translated("a.stringsdict", data)) == {
        "k": {"NSStringLocalizedFormatKey": "%#@n@", "n": {**forms, "one": "%D FILE", "other": "%D & FILES"}}
    }


def test_a_pair_or_a_code_that_is_lost_or_made_up_leaves_a_well_formed_file() -> None:
    for translation in (
        "</span>",
        '<span id="1"><span id="1">a</span>',
        'a <wbr id="5"/><wbr id="5"/><wbr id="9"/>',
        '<span id="5">a</span><wbr id="1"/> < & \x00',
        "",
    ):
        written = translated("a.xlf", XLIFF, partial(_always, translation))
        (target, *_) = etree.fromstring(written).iter("{*}target")
        assert [len(list(target.iter(f"{{*}}{name}"))) for name in "gx"] == [1, 1]


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.xlf", b"<a/>", "not XLIFF"),
        ("a.xlf", b"<xliff><b></xliff>", "not well-formed XML at line 1"),
        ("a.xlf", b'<!DOCTYPE a [<!ENTITY b "c">]><xliff/>', "declares entities"),
        ("strings.xml", b'<!DOCTYPE a [<!ENTITY b SYSTEM "/etc/passwd">]><resources/>', "declares entities"),
        ("strings.xml", b'<!DOCTYPE a [<!ENTITY b "x"><!ENTITY c "&b;&b;">]><resources/>', "declares entities"),
        ("strings.xml", b"<resources>" + b"<b>" * 600, "nested more than 500"),
        ("strings.xml", b"<a/>", "root is not <resources>"),
        ("strings.xml", b'<?xml version="1.0" encoding="punycode"?><resources/>', "not one of texts"),
        ("a.stringsdict", b"<a/>", "not a property list"),
    ],
)
def test_other_bytes_are_refused_with_the_reason(name: str, data: bytes, reason: str) -> None:
    with pytest.raises(MalformedFile, match=reason):
        find_file_format(name).read(data)


def _always(translation: str, text: FileText) -> str:
    return translation


def _inner(data: bytes, path: str) -> list[str]:
    """The values of attributes, or what is written inside of elements."""
    namespace = etree.fromstring(data).nsmap.get(None) or "none"
    found: Any = etree.fromstring(data).xpath(path, namespaces={"x": namespace})
    return [str(each) if isinstance(each, str) else _inside(each, namespace) for each in found]


def _inside(element: etree._Element, namespace: str) -> str:
    text: Any = etree.tostring(element, encoding="unicode", with_tail=False)
    return str(text.replace(f' xmlns="{namespace}"', "").partition(">")[2].rpartition("</")[0])


def _without(data: bytes, name: str) -> str:
    root = etree.fromstring(data)
    for each in list(root.iter(f"{{*}}{name}")):
        parent = each.getparent()
        assert parent is not None
        parent.remove(each)
    return "".join(etree.tostring(root, encoding="unicode").split())
