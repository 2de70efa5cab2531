"""The tables of files, batches and results."""

VERSION = 1
SCHEMA = """
CREATE TABLE files (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE NOT NULL, owner TEXT NOT NULL, filename TEXT NOT NULL,
    purpose TEXT NOT NULL, bytes INTEGER NOT NULL, created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL
);
CREATE INDEX files_of_owner ON files (owner, number);
CREATE TABLE batches (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE NOT NULL, owner TEXT NOT NULL,
    ended_at INTEGER, record BLOB NOT NULL
);
CREATE INDEX batches_of_owner ON batches (owner, number);
CREATE TABLE results (
    batch TEXT NOT NULL, line INTEGER NOT NULL, ok INTEGER NOT NULL, body BLOB NOT NULL, UNIQUE (batch, line)
);
"""
