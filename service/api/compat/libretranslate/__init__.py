"""LibreTranslate's API: ``/translate``, ``/translate_file``, ``/detect``, ``/languages``."""
