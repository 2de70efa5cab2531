"""LibreTranslate's API: ``/translate``, ``/detect``, ``/languages``."""
