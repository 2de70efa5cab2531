"""The routes about models: ``/api/tags``, ``/api/show``, ``/api/ps``, ``/api/pull`` and ``/api/version``."""
