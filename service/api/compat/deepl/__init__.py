"""DeepL's API: ``/v2/translate``, ``/v2/document``, ``/v2/languages``, ``/v2/usage``."""
