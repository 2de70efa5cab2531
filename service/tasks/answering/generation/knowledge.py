"""Answers from what the model knows, without documents."""

from dataclasses import replace

from service.tasks.answering.generation.trimmed_text import TrimmedText
from service.tasks.answering.prompts import knowledge_prompt
from service.tasks.answering.query import Query
from service.tasks.answering.result import Answer
from service.tasks.answering.run import AnswerSteps, PreparedAnswer
from service.tasks.generation.choice import raise_if_failed
from service.tasks.generation.completion_sequence import CompletionSequence
from service.tasks.generation.cost import Cost
from service.tasks.generation.generator import Generator
from service.tasks.generation.options import Options
from service.tasks.generation.request import GenerationRequest

MAX_OUTPUT_TOKENS = 256  # if the client sets no max_tokens; the prompts ask for much shorter answers


async def prepare_from_knowledge(
    generator: Generator, query: Query, options: Options, request_id: str, *, style: str = "auto"
) -> PreparedAnswer:
    """Tokenize a question without documents. Raises what ``Generator.from_tokens`` raises, for "question"."""
    prompt = knowledge_prompt(query.question)
    tokens = await prompt.encode(generator.tokenizer, style=style)
    options = replace(options, stop=(*options.stop, *prompt.stop(generator.tokenizer, style=style)))
    request = generator.from_tokens(tokens, options, param="question", max_output_tokens=MAX_OUTPUT_TOKENS)

    def begin() -> tuple[CompletionSequence, AnswerSteps]:
        sequence = CompletionSequence(generator, request_id)
        return sequence, _steps(sequence, request)

    return PreparedAnswer(Cost.from_requests([request]), begin)


async def _steps(sequence: CompletionSequence, request: GenerationRequest) -> AnswerSteps:
    text, finish = TrimmedText(), "stop"
    async for delta in sequence.start([request]):
        raise_if_failed(delta)
        finish = str(delta.finish or finish)
        yield text.add(delta.text)
    yield Answer(text=text.text, mode="generative", finish_reason=finish)
