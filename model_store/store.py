"""The store: the models on this disk, each complete and verified.

``layout`` says where they are. The store never imports torch or transformers.
"""

import logging
import os
import shutil
from pathlib import Path

import platformdirs

from model_store import catalog, checkpoint, manifest
from model_store.catalog import Artifact, Catalog, CatalogEntry, HubRepository
from model_store.convert import CONVERTER_VERSION
from model_store.errors import CorruptModel, ModelRefused, NoSource, SourceError, UnknownModel
from model_store.layout import StoreLayout
from model_store.manifest import Manifest, StoredFile
from model_store.names import CatalogReference, DirectoryReference, GgufReference, HubReference, Reference, resolve
from model_store.sources.hub import fetch_repository
from model_store.sources.obtain import is_artifact, obtain
from model_store.transfer.download import digest
from model_store.transfer.network import Network
from model_store.types import LocalModel

logger = logging.getLogger(__name__)

StoredReference = CatalogReference | HubReference | GgufReference


def default_root() -> Path:
    """``$TRIVIUM_MODEL_DIR``, else ``trivium/models`` in the user's cache directory."""
    configured = os.environ.get("TRIVIUM_MODEL_DIR")
    return Path(configured).expanduser() if configured else platformdirs.user_cache_path("trivium") / "models"


class Store:
    """The models under one directory. The directory is created when the first model is stored."""

    def __init__(
        self, root: Path | None = None, *, network: Network | None = None, models: Catalog | None = None
    ) -> None:
        self.root = (root or default_root()).absolute()
        self._layout = StoreLayout(self.root)
        self.catalog = models or catalog.load()
        self._network = network or Network.from_environment()

    def ensure(self, name: str) -> LocalModel:
        """The model; it is downloaded and converted first if it is not on this disk.

        Raises UnknownModel, ModelRefused, IncompleteModel, NoSource, NotEnoughSpace.
        """
        reference = self._resolve(name)
        if isinstance(reference, DirectoryReference):
            return _in_place(reference)
        if model := self._find(reference):
            return model
        with self._layout.lock(reference.key):
            if model := self._find(reference):  # another process was faster
                return model
            self._pull(reference)
        if model := self._find(reference):
            return model
        raise CorruptModel(f"{reference.name} was changed while it was stored")

    def find(self, name: str) -> LocalModel | None:
        """The model if it is complete on this disk, else None; never uses the network.

        Raises UnknownModel, ModelRefused, IncompleteModel.
        """
        reference = self._resolve(name)
        if isinstance(reference, DirectoryReference):
            return _in_place(reference)
        return self._find(reference)

    def list(self) -> tuple[tuple[Manifest, Path], ...]:
        """The manifest and the directory of every stored model, sorted by directory."""
        directories = sorted(self._layout.ready.iterdir()) if self._layout.ready.is_dir() else []
        entries = ((manifest.read(directory), directory) for directory in directories)
        return tuple((stored, directory) for stored, directory in entries if stored)

    def verify(self, name: str) -> Manifest:
        """The manifest of a stored model, after every file was compared with it. Raises CorruptModel, UnknownModel."""
        directory = self._stored(name)
        stored = manifest.read(directory)
        if stored is None:
            raise UnknownModel(f"{name} is not in the store")
        differences = manifest.differences(directory, stored)
        artifacts = self._layout.artifacts / directory.name
        for path in artifacts.iterdir() if artifacts.is_dir() else ():
            if (sha256 := digest(path)) != stored.artifact_sha256:
                differences.append(f"{path.name} has sha256 {sha256} instead of {stored.artifact_sha256}")
        if differences:
            raise CorruptModel(f"{name} is damaged: {'; '.join(differences)}")
        return stored

    def remove(self, name: str) -> None:
        """Delete a stored model, its artifact and its partial downloads. Raises UnknownModel if none of them exists."""
        if not self._layout.remove(self._stored(name).name):
            raise UnknownModel(f"{name} is not in the store")

    def _resolve(self, name: str) -> Reference:
        reference = resolve(name, self.catalog)
        if isinstance(reference, CatalogReference) and not reference.entry.supported:
            raise ModelRefused(f"{name} cannot be served: {reference.entry.reason}")
        return reference

    def _stored(self, name: str) -> Path:
        """The directory of a model in the store, which may not exist. ``name`` may also be the name in a manifest."""
        for stored, directory in self.list():
            if name in {stored.name, directory.name}:
                return directory
        reference = resolve(name, self.catalog)
        if isinstance(reference, DirectoryReference):
            raise UnknownModel(f"{reference.path} is used in place; the store holds no copy")
        return self._layout.ready / reference.key

    def _find(self, reference: StoredReference) -> LocalModel | None:
        directory = self._layout.ready / reference.key
        stored = manifest.read(directory)
        if (
            stored is None
            or stored.converter not in {0, CONVERTER_VERSION}
            or not manifest.is_complete(directory, stored)
        ):
            return None
        if not isinstance(reference, CatalogReference):
            return LocalModel(reference.name, directory, revision=stored.revision, licence=stored.licence)
        entry = reference.entry
        if entry.artifact and entry.artifact.sha256 != stored.artifact_sha256:
            return None  # the catalogue has a newer artifact
        kept = () if entry.is_ctranslate2 else entry.files
        if any(stored.files.get(file.file) != StoredFile(file.size, file.sha256) for file in kept):
            return None
        notes = entry.notes if entry.tested else ("not tested with this release", *entry.notes)
        return LocalModel(
            name=reference.name,
            path=directory,
            prompt_style=entry.prompt_style,
            languages=entry.languages,
            tasks=tuple(entry.tasks),
            context_length=entry.context_length,
            revision=stored.revision,
            licence=entry.licence,
            no_answer=entry.no_answer,
            notes=notes,
        )

    def _pull(self, reference: StoredReference) -> None:
        if isinstance(reference, CatalogReference) and reference.entry.terms:
            logger.warning("%s: %s", reference.name, reference.entry.terms)
        match reference:
            case GgufReference(path):
                self._convert(reference, path, source=str(path))
            case HubReference(repository):
                self._snapshot(reference, repository)
            case CatalogReference(entry=entry) if entry.hub:
                self._snapshot(reference, entry.hub)
            case CatalogReference(entry=entry) if entry.artifact and entry.is_ctranslate2:
                self._convert_ctranslate2(reference, entry, entry.artifact)
            case CatalogReference(entry=entry) if entry.artifact and entry.files:
                self._collect(reference, entry, entry.artifact)
            case CatalogReference(entry=entry) if entry.artifact:
                artifact = self._layout.artifacts / reference.key / entry.artifact.file
                if not is_artifact(artifact, entry.artifact):
                    done = obtain(
                        reference.name,
                        entry.artifact,
                        entry.sources,
                        self._layout.workspace(reference.key),
                        self._network,
                    )
                    artifact.parent.mkdir(parents=True, exist_ok=True)
                    os.replace(done, artifact)
                self._convert(reference, artifact, source=entry.artifact.file, sha256=entry.artifact.sha256)

    def _convert(self, reference: StoredReference, gguf: Path, *, source: str, sha256: str = "") -> None:
        from model_store.convert.model import convert  # imports numpy and the tokenizers library

        directory = self._new_directory(reference)
        convert(gguf, directory)
        self._commit_converted(reference, directory, source, sha256)

    def _convert_ctranslate2(self, reference: StoredReference, entry: CatalogEntry, artifact: Artifact) -> None:
        """The artifact is not kept: no number of it is lost by the conversion."""
        from model_store.convert.ctranslate2.model import convert

        workspace = self._layout.workspace(reference.key)
        obtain(reference.name, artifact, entry.sources, workspace, self._network, entry.files)
        directory = self._new_directory(reference)
        convert(workspace, directory)
        self._commit_converted(reference, directory, artifact.file, artifact.sha256)

    def _new_directory(self, reference: StoredReference) -> Path:
        directory = self._layout.workspace(reference.key) / "converted"
        shutil.rmtree(directory, ignore_errors=True)  # left by a killed process
        directory.mkdir()
        return directory

    def _commit_converted(self, reference: StoredReference, directory: Path, source: str, sha256: str) -> None:
        self._layout.commit(
            reference.key,
            directory,
            Manifest(
                name=reference.name,
                source=source,
                files=manifest.measure(directory),
                artifact_sha256=sha256,
                converter=CONVERTER_VERSION,
            ),
        )

    def _collect(self, reference: StoredReference, entry: CatalogEntry, artifact: Artifact) -> None:
        workspace = self._layout.workspace(reference.key)
        obtain(reference.name, artifact, entry.sources, workspace, self._network, entry.files)
        directory = workspace / "collected"
        for file in (artifact, *entry.files):
            (directory / file.file).parent.mkdir(parents=True, exist_ok=True)
            os.replace(workspace / file.file, directory / file.file)
        checkpoint.check(directory)
        self._layout.commit(
            reference.key,
            directory,
            Manifest(
                name=reference.name,
                source=artifact.file,
                files=manifest.measure(directory),
                artifact_sha256=artifact.sha256,
            ),
        )

    def _snapshot(self, reference: StoredReference, repository: HubRepository) -> None:
        from model_store.convert.slow_tokenizer import complete_tokenizer

        try:
            directory, commit, licence = fetch_repository(
                repository, self._layout.workspace(reference.key), self._network
            )
        except SourceError as error:
            raise NoSource(reference.name, [(f"hub {repository.repo}@{repository.revision}", str(error))]) from error
        if not checkpoint.has_tokenizer(directory):
            complete_tokenizer(directory)
        checkpoint.check(directory)
        self._layout.commit(
            reference.key,
            directory,
            Manifest(
                name=reference.name,
                source=f"hub {repository.repo}@{repository.revision}",
                files=manifest.measure(directory),
                revision=commit,
                licence=licence,
            ),
        )


def _in_place(directory: DirectoryReference) -> LocalModel:
    checkpoint.check(directory.path)
    return LocalModel(directory.name, directory.path)
