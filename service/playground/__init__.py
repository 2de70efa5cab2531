"""The files of the playground: a page, its style sheets and its scripts. ``service/api/playground`` serves them."""
