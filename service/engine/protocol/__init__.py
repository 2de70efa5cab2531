"""The engine's protocol: the types that cross between the API process and the engine process, and their encoding.

Every type is a frozen ``msgspec.Struct``, so one definition serves for Python and for the wire. Token ids are ints;
times are seconds of the system-wide monotonic clock. This room has no logic of scheduling or computing.
"""
