"""The service's own API: one folder for each task, with its request, its response and its route."""
