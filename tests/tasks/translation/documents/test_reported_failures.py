"""Inputs with which other translation services failed, as their users reported them."""

import pytest

from service.tasks.translation.documents.formats.format import Format
from service.tasks.translation.documents.marks.restoring import restore
from tests.tasks.translation.documents.reading import document, seen


@pytest.mark.parametrize(
    ("thread", "format", "text", "expected"),
    [
        ("LibreTranslate #944", "text", "This person name is {{person.name}} and is living in {{person.city}}",
         ["This person name is [1] and is living in [2]"]),
        ("LibreTranslate #944", "text", "This person name is ###T01### and is living in ###T02###",
         ["This person name is ###T01### and is living in ###T02###"]),
        ("LibreTranslate #123", "text", "Hello %1$s, good to see you again!", ["Hello [1], good to see you again!"]),
        ("LibreTranslate #123", "text",
         'Je souhaite rendre <span style=\\"color:%2$s;\\">%1$s</span> dabbas à mon commerçant',
         ["Je souhaite rendre [1] dabbas à mon commerçant"]),
        ("LibreTranslate #144", "html", "<p>hello</p>", ["hello"]),
        ("LibreTranslate #288", "html",
         "<p>\n\t\tWenn eine Zeile kein Verb\n\t\tenthält, muss die Übersetzung\n\t\tfalsch sein.\n\t</p>",
         ["Wenn eine Zeile kein Verb enthält, muss die Übersetzung falsch sein."]),
        ("LibreTranslate #636", "html", 'Good evening <a href="" onclick="checkJs();">This is test 2</a> ready',
         ["Good evening [1]This is test 2[2] ready"]),
        ("translate-html #2", "html", '<div>Hello, this <span translate="no">word</span> will not be translate</div>',
         ["Hello, this [1] will not be translate"]),
        ("pontoon #2181, for #2873", "text", "fileSizeProgress = ({ $partialSize } of { $totalSize })",
         ["fileSizeProgress = ([1] of [2])"]),
        ("WPTranslationFiller #61", "text",
         "By checking this box, I agree to the WP EasyCart %sterms and privacy policy%s",
         ["By checking this box, I agree to the WP EasyCart [1]terms and privacy policy[2]"]),
    ],
)  # fmt: skip
def test_placeholders_and_tags_become_marks(thread: str, format: Format, text: str, expected: list[str]) -> None:
    assert seen(text, format) == expected, thread
    found = document(text, format)
    assert found.join([restore(unit, unit.text) or "" for unit in found.units]) == text


def test_tags_between_words_do_not_split_their_sentence() -> None:
    """LibreTranslate #806."""
    text = """<a href="#" target="_blank" rel="noopener">
  <em>
    <span style="text-decoration: underline; color: #ff0000;">
     View the complete range of
    </span>
  </em>
  <em>
    <span style="text-decoration: underline; color: #ff0000;">
      drawer systems here!
    </span>
  </em>
</a>"""
    found = document(text, "html")
    [unit] = found.units
    assert unit.text == "View the complete range of [1] drawer systems here!"
    restored = restore(unit, "查看全部[1]抽屉系统！")
    assert restored is not None
    head, tail = text.split("View the complete range of")
    between, tail = tail.split("\n      drawer systems here!")
    assert found.join([restored]) == f"{head}查看全部{between.lstrip()}抽屉系统！{tail}"


def test_a_name_that_must_not_be_translated_is_kept() -> None:
    """LibreTranslate #484."""
    [unit] = document("His name was Roger Stone", protected={"Roger Stone": "Roger Stone"}).units
    assert unit.text == "His name was [1]"
    assert restore(unit, "Se llamaba [1]") == "Se llamaba Roger Stone"
