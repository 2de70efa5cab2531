"""How good the answers and translations are that the service gives, beside the same model asked naively."""
