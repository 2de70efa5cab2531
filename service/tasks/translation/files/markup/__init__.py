"""XML as events with their places, and the texts with inline elements in it.

lxml writes a document anew (quotes, white space in tags, empty elements), so files are read by expat, which tells where
each thing stands, and spliced.
"""
