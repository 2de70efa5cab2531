"""The APIs of other services, in their own shapes, down to their errors: LibreTranslate, DeepL, Hugging Face."""
