"""Protected terms: whole words, the longest first, with the capital of a sentence."""

import pytest

from service.tasks.translation.documents.marks.protected_terms import ProtectedTerms

TERMS = ProtectedTerms({"API": "API", "REST API": "REST API", "node": "nœud", "令牌": "token"})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The REST API and the API, not APIs", [("REST API", "REST API"), ("API", "API")]),
        ("使用令牌登录", [("令牌", "token")]),
        ("Nodes and a node", [("node", "nœud")]),
        ("a_node node2", []),
        ("", []),
    ],
)
def test_terms_are_found_as_whole_words_the_longest_first(text: str, expected: list[tuple[str, str]]) -> None:
    assert [(term, replacement) for _, _, term, replacement in TERMS.find(text)] == expected


def test_the_places_are_those_of_the_text() -> None:
    text = "The node and the node"
    assert [text[start:end] for start, end, *_ in TERMS.find(text)] == ["node", "node"]


def test_a_term_with_a_capital_has_a_replacement_with_a_capital() -> None:
    assert list(TERMS.find("Node is up")) == [(0, 4, "node", "Nœud")]


def test_a_term_that_is_not_translated_stays_as_it_is_written() -> None:
    [(_, _, term, replacement)] = ProtectedTerms({"iPad": "iPad"}).find("IPad")
    assert (term, replacement) == ("iPad", "IPad")


def test_a_client_may_protect_both_spellings() -> None:
    terms = ProtectedTerms({"node": "nœud", "Node": "Node.js"})
    assert [replacement for *_, replacement in terms.find("Node and node")] == ["Node.js", "nœud"]


def test_an_empty_term_is_never_found() -> None:
    assert list(ProtectedTerms({"": "x"}).find("anything")) == []
