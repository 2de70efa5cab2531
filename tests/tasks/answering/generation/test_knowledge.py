"""Answers without documents."""

from service.tasks.answering.query import Query
from service.tasks.generation.options import Options
from tests.tasks.answering.scripted_model import CHAT, answer, generates


async def test_without_documents_the_model_answers_from_what_it_knows() -> None:
    engine = generates(" Canberra.\n")
    found = await answer(engine, Query(question="Who came?"))
    assert (found.text, found.mode, found.spans, found.no_answer) == ("Canberra.", "generative", (), False)
    prompt = CHAT.decode(engine.requests[0].prompt)
    assert prompt.endswith("user\nWho came?<|im_end|>\n<|im_start|>assistant\n")
    assert "Context" not in prompt


async def test_a_generated_answer_is_short_and_greedy_unless_the_client_wants_otherwise() -> None:
    engine = generates("x")
    await answer(engine, Query(question="Who?"))
    await answer(engine, Query(question="Who?"), Options.from_values(max_tokens=7, temperature=0.5))
    first, second = (request.params for request in engine.requests)
    assert (first.max_tokens, first.temperature) == (256, 0.0)
    assert (second.max_tokens, second.temperature) == (7, 0.5)
