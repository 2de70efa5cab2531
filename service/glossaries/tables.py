"""The tables of stored glossaries."""

VERSION = 1
SCHEMA = """
CREATE TABLE glossaries (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE NOT NULL, owner TEXT NOT NULL, name TEXT NOT NULL,
    created_at REAL NOT NULL
);
CREATE INDEX glossaries_of_owner ON glossaries (owner, number);
CREATE TABLE dictionaries (
    number INTEGER PRIMARY KEY AUTOINCREMENT, glossary TEXT NOT NULL, source TEXT NOT NULL, target TEXT NOT NULL,
    entry_count INTEGER NOT NULL, bytes INTEGER NOT NULL, entries TEXT NOT NULL, UNIQUE (glossary, source, target)
);
"""
