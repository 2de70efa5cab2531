"""The tasks of the Hugging Face hub that are not served here, and the payloads by which most of them are recognized."""

from typing import Any

UNSERVED_TASKS = frozenset(
    {
        "any-to-any",
        "audio-classification",
        "audio-text-to-text",
        "audio-to-audio",
        "automatic-speech-recognition",
        "conversational",
        "depth-estimation",
        "document-question-answering",
        "fill-mask",
        "graph-ml",
        "image-classification",
        "image-feature-extraction",
        "image-segmentation",
        "image-text-to-image",
        "image-text-to-text",
        "image-text-to-video",
        "image-to-3d",
        "image-to-image",
        "image-to-text",
        "image-to-video",
        "keypoint-detection",
        "mask-generation",
        "multiple-choice",
        "object-detection",
        "reinforcement-learning",
        "robotics",
        "table-question-answering",
        "table-to-text",
        "tabular-classification",
        "tabular-regression",
        "tabular-to-text",
        "text-ranking",
        "text-retrieval",
        "text-to-3d",
        "text-to-audio",
        "text-to-image",
        "text-to-speech",
        "text-to-video",
        "time-series-forecasting",
        "token-classification",
        "unconditional-image-generation",
        "video-classification",
        "video-text-to-text",
        "video-to-video",
        "visual-document-retrieval",
        "visual-question-answering",
        "voice-activity-detection",
        "zero-shot-classification",
        "zero-shot-image-classification",
        "zero-shot-object-detection",
    }
)
# What to use in the place of a task.
_INSTEAD = {
    "conversational": "/v1/chat/completions",
    "text-ranking": "/rerank",
    "zero-shot-classification": "/v1/chat/completions with structured outputs",
    "fill-mask": "/v1/completions with a suffix",
}
_MASKS = ("[MASK]", "<mask>")  # the gaps of fill-mask
# Parameters that only the payloads of one task have.
_OF_PARAMETERS = {
    "zero-shot-classification": {"candidate_labels", "hypothesis_template", "multi_label"},
    "token-classification": {"aggregation_strategy", "ignore_labels"},
    "text-to-image": {"guidance_scale", "negative_prompt", "num_inference_steps", "scheduler", "height", "width"},
    "text-to-video": {"num_frames"},
    "automatic-speech-recognition": {"return_timestamps"},
    "text-to-speech": {"generation_parameters"},
    "fill-mask": {"targets"},
    "image-segmentation": {"mask_threshold", "overlap_mask_area_threshold", "subtask"},
}


def unserved(task: str, served: str) -> str:
    """The sentence about a task that is not served. ``served`` names those that are."""
    if task not in UNSERVED_TASKS:
        return f"There is no such task here; the tasks here are {served}"
    instead = f"; use {_INSTEAD[task]}" if task in _INSTEAD else ""
    return f"The task {task} is not served{instead}. The tasks here are {served}"


def find_unserved_task(inputs: Any, parameters: dict[str, Any]) -> str | None:
    """The unserved task that the payload is for, or None if its shape says nothing."""
    match inputs:
        case {"table": _}:
            return "table-question-answering"
        case {"image": _, "question": _}:
            return "visual-question-answering"
        case {"image": _}:
            return "image-text-to-text"
        case {"query": _, "texts": _} | {"query": _, "documents": _}:
            return "text-ranking"
        case {"past_user_inputs": _} | {"generated_responses": _}:
            return "conversational"
    return next((task for task, names in _OF_PARAMETERS.items() if names & parameters.keys()), None)


def has_gap(text: str) -> bool:
    """Whether a text has a gap to be filled, as those of the task fill-mask do."""
    return any(mask in text for mask in _MASKS)
