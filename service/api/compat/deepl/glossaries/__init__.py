"""DeepL's stored glossaries: ``/v2/glossaries`` with one pair of languages each, ``/v3/glossaries`` with several."""
