"""The Hugging Face hub as a source of one file or of a whole repository.

``huggingface_hub`` gives sizes, checksums and the commit. ``transfer.download`` fetches the bytes, so that resuming,
checking and progress are the same for every source. Only safetensors and text files are fetched.
"""

import re
from pathlib import Path
from typing import Any

import httpx

from model_store import checkpoint
from model_store.catalog import Artifact, HubFile, HubRepository
from model_store.errors import ChecksumMismatch, ModelRefused, SourceError
from model_store.transfer.download import RemoteFile, fetch
from model_store.transfer.network import Network

_SHA256 = re.compile(r"[0-9a-f]{64}")
_SECONDS = 10.0  # time-out of a metadata request

# Older tokenizer formats, fetched only if there is no tokenizer.json.
_SLOW_TOKENIZER = re.compile(r"[^/]+\.(model|spm|tiktoken)|vocab\.txt|merges\.txt")
_TEXT = re.compile(r"[^/]+\.(json|jinja)")


def fetch_file(source: HubFile, artifact: Artifact, target: Path, network: Network) -> None:
    """Download the artifact to ``target``. The declared checksum is compared before the bytes are fetched.

    Raises SourceError.
    """
    network.require_hub()
    from huggingface_hub import get_hf_file_metadata, hf_hub_url

    url = hf_hub_url(source.repo, source.file, revision=source.revision, endpoint=network.hub)
    try:
        declared = get_hf_file_metadata(url, timeout=_SECONDS, endpoint=network.hub)
    except Exception as error:  # versions of huggingface_hub use different HTTP libraries, with different exceptions
        raise SourceError(_reason(error, network)) from error
    if declared.size not in {None, artifact.size}:
        raise ChecksumMismatch(f"declares {declared.size} bytes instead of {artifact.size}")
    if declared.etag and _SHA256.fullmatch(declared.etag) and declared.etag != artifact.sha256:
        raise ChecksumMismatch(f"declares sha256 {declared.etag} instead of {artifact.sha256}")
    remote = RemoteFile(url, artifact.file, artifact.size, artifact.sha256, headers=_authorization())
    with network.client() as client:
        fetch(client, remote, target)


def fetch_repository(repository: HubRepository, directory: Path, network: Network) -> tuple[Path, str, str]:
    """Download the files that serving needs into a directory under ``directory``, which is named by the commit.

    Returns that directory, the commit and the licence in the model card. Small files are fetched first, so that a model
    that cannot be served is refused before its weights are fetched. Raises SourceError, ModelRefused.
    """
    network.require_hub()
    from huggingface_hub import HfApi, hf_hub_url

    try:
        api = HfApi(endpoint=network.hub)
        info = api.model_info(repository.repo, revision=repository.revision, files_metadata=True, timeout=_SECONDS)
    except Exception as error:  # see fetch_file
        raise SourceError(_reason(error, network)) from error
    commit = info.sha or repository.revision
    files = {file.rfilename: file for file in info.siblings or ()}
    _require_safetensors(repository.repo, set(files))
    texts = [name for name in files if _TEXT.fullmatch(name)]
    if "tokenizer.json" not in files:
        texts += [name for name in files if _SLOW_TOKENIZER.fullmatch(name)]
    target = directory / re.sub(r"\W", "-", commit)
    target.mkdir(parents=True, exist_ok=True)
    headers = _authorization()

    def get(names: list[str]) -> None:
        for name in names:
            if name not in files:
                raise SourceError(f"lacks the file {name}, which {checkpoint.INDEX} names")
            (target / name).parent.mkdir(exist_ok=True)
            if not (target / name).exists():
                url = hf_hub_url(repository.repo, name, revision=commit, endpoint=network.hub)
                fetch(client, _remote(url, files[name], headers), target / name)

    with network.client() as client:
        get(texts)
        checkpoint.require_servable(target)
        modules = _module_files(repository.repo, checkpoint.module_folders(target), set(files))
        get([checkpoint.WEIGHTS] if checkpoint.WEIGHTS in files else checkpoint.shards(target))
        get(modules)
    return target, commit, _licence(info)


def _authorization() -> dict[str, str]:
    """The user's own token, from HF_TOKEN or an earlier login. httpx does not send it to another host on redirects."""
    from huggingface_hub import get_token

    token = get_token()
    return {"Authorization": f"Bearer {token}"} if token else {}


def _module_files(repo: str, folders: list[str], names: set[str]) -> list[str]:
    """The files of sentence-transformers modules in ``folders``. Raises ModelRefused if their weights are pickled."""
    wanted = []
    for folder in folders:
        inside = {name.removeprefix(f"{folder}/") for name in names if name.startswith(f"{folder}/")}
        if checkpoint.WEIGHTS not in inside and any(Path(name).suffix in checkpoint.PICKLES for name in inside):
            raise ModelRefused(f"{folder} in {repo} has {checkpoint.PICKLED}")
        wanted += [f"{folder}/{name}" for name in sorted(inside) if _TEXT.fullmatch(name) or name == checkpoint.WEIGHTS]
    return wanted


def _require_safetensors(repo: str, names: set[str]) -> None:
    if names & {checkpoint.WEIGHTS, checkpoint.INDEX}:
        return
    if any(name.endswith(".gguf") for name in names):
        raise ModelRefused(f"{repo} holds GGUF files only: download one of them and give its path")
    if any(Path(name).suffix in checkpoint.PICKLES for name in names):
        raise ModelRefused(f"{repo} has {checkpoint.PICKLED}")
    raise ModelRefused(f"{repo} has no model.safetensors")


def _remote(url: str, file: Any, headers: dict[str, str]) -> RemoteFile:
    name = Path(file.rfilename).name
    if file.lfs:
        return RemoteFile(url, name, file.lfs.size, sha256=file.lfs.sha256, headers=headers)
    return RemoteFile(url, name, file.size, git_sha1=file.blob_id or "", headers=headers)


def _licence(info: Any) -> str:
    licence = getattr(info.card_data, "license", None) if info.card_data else None
    return licence if isinstance(licence, str) else ""


def _reason(error: Exception, network: Network) -> str:
    from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, RepositoryNotFoundError, RevisionNotFoundError

    match error:
        case GatedRepoError():
            return "is gated: accept its licence on the hub and set HF_TOKEN"
        case RepositoryNotFoundError():
            return "does not exist, or needs HF_TOKEN"
        case RevisionNotFoundError():
            return "has no such revision"
        case HfHubHTTPError() if error.response is not None:
            return f"the hub answers {error.response.status_code}"
        case _:
            return f"cannot reach {httpx.URL(network.hub).host}: {str(error) or type(error).__name__}"
