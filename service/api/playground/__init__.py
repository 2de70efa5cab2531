"""``GET /playground``: a page to try the service and to watch it, of files in ``service/playground``."""
