"""Files as people have them (subtitles, catalogues of messages, office documents) as texts to translate, and back.

Nothing here asks a model, and nothing here reads a disk: a file is bytes.
"""
