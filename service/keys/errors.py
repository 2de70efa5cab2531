"""What keys raise.

KeyFileError          the file cannot be read, written or understood; the message is one line for the operator
KeyRefused            who shows this is not let in
├── UnknownKey        no key has this secret
└── ExpiredKey        one has, but its time is over
"""


class KeyFileError(Exception):
    """The message names the file and what is wrong, and holds nothing that is secret."""


class KeyRefused(Exception):
    """Root of what is wrong with a secret."""


class UnknownKey(KeyRefused):
    """It was never a key, or the key was revoked."""


class ExpiredKey(KeyRefused):
    """The secret is right, and too old."""
