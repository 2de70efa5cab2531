"""Catalogues of messages: what programs show to people, by key.

They are spliced, since the libraries that read them (polib, json, javaproperties and their like) write them in their
own way: they wrap, sort, quote and escape anew, and drop comments.
"""
