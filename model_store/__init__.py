"""From a model's name to verified files on this disk. The model store never imports the service."""
