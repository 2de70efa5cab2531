"""A token graph allows exactly the tokens that continue one of its phrases."""

from hypothesis import given
from hypothesis import strategies as st

from tests.engine.phrase_graphs import END, phrase_graph, phrase_lists


@given(phrase_lists, st.lists(st.integers(0, 3), max_size=5))
def test_the_allowed_tokens_continue_a_phrase(phrases: list[tuple[int, ...]], begun: list[int]) -> None:
    graph = phrase_graph(*phrases)
    nodes = graph.advance(graph.start_nodes, begun)
    fitting = [phrase for phrase in phrases if phrase[: len(begun)] == tuple(begun)]
    expected = {phrase[len(begun)] for phrase in fitting if len(phrase) > len(begun)}
    if tuple(begun) in phrases:
        expected.add(END)
    assert graph.allowed_tokens(nodes, [END]) == sorted(expected)


def test_stop_tokens_are_allowed_in_end_nodes_only() -> None:
    graph = phrase_graph((1, 2))
    nodes = graph.advance(graph.start_nodes, [1])
    assert graph.allowed_tokens(nodes, [END, 6]) == [2]
    assert graph.allowed_tokens(graph.advance(nodes, [2]), [END, 6]) == [6, END]
