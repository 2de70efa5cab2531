"""What somebody would ask a chat model for, without examples: the prompts that the service is compared with."""

_NAMES = {"en": "English", "zh": "Chinese", "fr": "French"}
ANSWER_TOKENS = 64
_NO_ANSWERS = ("no answer", "没有答案")


def question(language: str, context: str, asked: str, *, may_refuse: bool = False) -> str:
    """A question about a context."""
    if language == "zh":
        refusal = "如果上下文中没有答案，请回答“没有答案”。" if may_refuse else ""
        return f"根据上下文回答问题，答案要尽量简短。{refusal}\n\n上下文：{context}\n\n问题：{asked}"
    refusal = ' If the context does not hold the answer, reply "no answer".' if may_refuse else ""
    return (
        f"Answer the question with the context, as briefly as possible.{refusal}"
        f"\n\nContext: {context}\n\nQuestion: {asked}"
    )


def is_refusal(text: str) -> bool:
    """Whether a model that was told how to refuse did so."""
    return any(phrase in text.lower() for phrase in _NO_ANSWERS)


def translation(text: str, source: str, target: str) -> tuple[str, int]:
    """The prompt, and tokens that no sound translation needs."""
    asked = f"Translate the following text from {_NAMES[source]} to {_NAMES[target]}. Reply with the translation only."
    return f"{asked}\n\n{text}", len(text) + 64


def marked_translation(text: str, source: str, target: str) -> tuple[str, int]:
    """The same for a text with placeholders or tags."""
    asked = (
        f"Translate the following text from {_NAMES[source]} to {_NAMES[target]}. Keep placeholders, links and tags "
        "exactly as they are. Reply with the translation only."
    )
    return f"{asked}\n\n{text}", len(text) + 64
