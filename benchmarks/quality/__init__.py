"""The quality of the service's answers and translations, beside the same model asked with plain prompts.

Each task (answers, translations, placeholders) makes scores; what they share is here too.
"""
