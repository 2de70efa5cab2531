"""Documents: a text is read into units to translate, and their translations are put back in their places.

A format's reader cuts a text into fragments (formats/). The fragments between two breaks are a paragraph; its sentences
become units with marks (marks/). Everything here is a pure function of the text, and takes time linear in it. The model
is never called.
"""
