"""The model store: turns a model's name into verified files on this disk. It never imports the service."""
