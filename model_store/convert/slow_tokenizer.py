"""Makes a ``tokenizer.json`` for repositories that have only an older format."""

from pathlib import Path

from model_store.errors import ModelRefused

FILE = "tokenizer.json"


def complete_tokenizer(directory: Path) -> None:
    """Write ``tokenizer.json`` if the directory has none, with transformers' own conversion.

    Raises ModelRefused if transformers cannot convert the older format.
    """
    if (directory / FILE).exists():
        return
    from transformers import AutoTokenizer  # slow to import, and rarely needed

    try:
        tokenizer = AutoTokenizer.from_pretrained(directory, trust_remote_code=False, local_files_only=True)
        tokenizer.backend_tokenizer.save(str(directory / FILE))
    except Exception as error:  # transformers' converters raise many kinds
        (directory / FILE).unlink(missing_ok=True)
        raise ModelRefused(f"there is no {FILE} and the older tokenizer cannot be converted: {error}") from error
