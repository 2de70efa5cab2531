"""Token graphs of given phrases, for tests of constraints."""

from hypothesis import strategies as st

from service.engine.protocol.token_graph import TokenGraph

END = 7  # the stop token: no token of the random phrases

phrase_lists = st.lists(st.lists(st.integers(0, 3), min_size=1, max_size=5).map(tuple), min_size=1, max_size=6)


def phrase_graph(*phrases: tuple[int, ...]) -> TokenGraph:
    """The graph of exactly these token sequences. Each one has a path of its own, so the graph is highly ambiguous."""
    edges: list[tuple[tuple[int, int], ...]] = []
    start_nodes, end_nodes = [], []
    for tokens in phrases:
        start_nodes.append(len(edges))
        for token in tokens:
            edges.append(((token, len(edges) + 1),))
        end_nodes.append(len(edges))
        edges.append(())
    return TokenGraph(tuple(edges), tuple(start_nodes), tuple(end_nodes))
