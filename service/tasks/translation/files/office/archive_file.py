"""A file that is an archive with texts in several of its members."""

from collections.abc import Sequence

from service.tasks.translation.files.file_format import FileText
from service.tasks.translation.files.office.archive import Archive
from service.tasks.translation.files.spliced import SplicedFile


class ArchiveFile:
    """The texts of the ``parts``, which are members by their names, in order."""

    def __init__(self, data: bytes, archive: Archive, parts: Sequence[tuple[str, SplicedFile[bytes]]]) -> None:
        self._data = data
        self._archive = archive
        self._parts = parts
        self._texts = [[*part.texts] for _, part in parts]

    @property
    def texts(self) -> Sequence[FileText]:
        return [text for texts in self._texts for text in texts]

    def write(self, translations: Sequence[str], *, target: str) -> bytes:
        if [text.text for text in self.texts] == list(translations):
            return self._data
        changed: dict[str, bytes] = {}
        rest = iter(translations)
        for (name, part), texts in zip(self._parts, self._texts, strict=True):
            written = part.write([next(rest) for _ in texts], target=target, is_changed=True)
            if written != part.data:
                changed[name] = written
        return self._archive.write(changed)
