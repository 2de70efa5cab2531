"""The plain prompts that the service is compared with: what a user would write to a chat model, without examples."""

from service.tasks.text.languages import find_language

ANSWER_TOKENS = 64
_EXTRA_TOKENS = 64  # a translation has fewer tokens than its source has characters, plus these
_NO_ANSWERS = ("no answer", "没有答案")


def question_prompt(language: str, context: str, question: str, *, may_refuse: bool = False) -> str:
    """The prompt for a question about a context. ``may_refuse``: it says how to reply that there is no answer."""
    if language == "zh":
        refusal = "如果上下文中没有答案，请回答“没有答案”。" if may_refuse else ""
        return f"根据上下文回答问题，答案要尽量简短。{refusal}\n\n上下文：{context}\n\n问题：{question}"
    refusal = ' If the context does not hold the answer, reply "no answer".' if may_refuse else ""
    return (
        f"Answer the question with the context, as briefly as possible.{refusal}"
        f"\n\nContext: {context}\n\nQuestion: {question}"
    )


def is_refusal(text: str) -> bool:
    """True if the reply says that there is no answer."""
    return any(phrase in text.lower() for phrase in _NO_ANSWERS)


def translation_prompt(text: str, source: str, target: str, *, is_marked: bool = False) -> tuple[str, int]:
    """The prompt for a translation between two language codes, and the most tokens of the reply.

    ``is_marked``: the text has placeholders or tags, which must be kept.
    """
    keep = " Keep placeholders, links and tags exactly as they are." if is_marked else ""
    instruction = (
        f"Translate the following text from {find_language(source).name} to {find_language(target).name}."
        f"{keep} Reply with the translation only."
    )
    return f"{instruction}\n\n{text}", len(text) + _EXTRA_TOKENS
