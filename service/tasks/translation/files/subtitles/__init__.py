"""Subtitles: the text of each cue, with its tags and its lines.

The files are spliced, since srt and webvtt-py write them in their own way: they number again and drop what they do not
know.
"""
