"""Checks of what is on the disk: models and the directories of data."""

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from model_store import manifest
from model_store.errors import ModelStoreError
from service.doctor.finding import Finding, Status, ok, problem, warning
from service.doctor.machine import gibibytes
from service.settings import Settings
from service.store import open_store

_LITTLE_SPACE = 2 << 30  # bytes: the files of the default model take one GiB


def model_store(settings: Settings) -> Finding:
    """The directory of models: its space, and whether the files of its models are complete. No file is read."""
    store = open_store(settings)
    stored = store.list()
    damaged = [entry.name for entry, directory in stored if not manifest.is_complete(directory, entry)]
    size = gibibytes(sum(entry.size for entry, _ in stored))
    if damaged:
        advice = f"trivium models remove {damaged[0]}; the next start fetches it again"
        return warning(f"{store.root}: files are missing or cut short of {', '.join(damaged)}", advice)
    space = _space(store.root)
    facts = f"{len(stored)} models with {size}; trivium models verify NAME compares their checksums"
    return Finding(space.status, f"{space.facts}; {facts}", space.advice)


def models(settings: Settings) -> Finding:
    """The models to serve: whether they are on this disk."""
    store = open_store(settings)
    missing = []
    for spec in settings.model_specs():
        try:
            if store.find(spec.source) is None:
                missing.append(spec.source)
        except (ModelStoreError, OSError) as error:
            return problem(f"{spec.name}: {error}", "name another model with --model; trivium models list shows all")
    if not missing:
        return ok(f"on this disk: {', '.join(spec.name for spec in settings.model_specs())}")
    facts = f"not on this disk: {', '.join(missing)}"
    if settings.offline:
        return problem(facts, f"trivium models pull {missing[0]} where there is a network, or switch offline off")
    return warning(facts, f"the first start fetches what is missing; trivium models pull {missing[0]} does so now")


def data_directories(settings: Settings) -> Finding:
    """The directories of batches, documents and glossaries, if there are any."""
    return worst(
        (name, _space(path.expanduser()))
        for name in ("batches_dir", "documents_dir", "glossaries_dir")
        if (path := getattr(settings, name)) is not None
    )


def worst(found: Iterable[tuple[str, Finding]]) -> Finding:
    """The findings of several directories as one."""
    each = list(found)
    if not each:
        return ok("none; nothing of clients is kept on the disk")
    status = max((finding.status for _, finding in each), key=list(Status).index)
    facts = "; ".join(f"{name}: {finding.facts}" for name, finding in each)
    return Finding(status, facts, "; ".join(finding.advice for _, finding in each if finding.advice))


def _space(directory: Path) -> Finding:
    """Whether the directory, which may not exist yet, can be written, and how much room there is."""
    existing = next(path for path in (directory, *directory.absolute().parents) if path.exists())
    if not existing.is_dir():
        return problem(f"{directory}: {existing} is no directory", "name another directory")
    if not os.access(existing, os.W_OK | os.X_OK):
        return problem(
            f"{directory} cannot be written", f"let this user write in {existing}, or name another directory"
        )
    free = shutil.disk_usage(existing).free
    facts = f"{directory}, {gibibytes(free)} free"
    return warning(facts, "make room on this disk") if free < _LITTLE_SPACE else ok(facts)
