"""Converts Whisper models in CTranslate2's format. Imported only when a model is converted."""
