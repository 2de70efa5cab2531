"""The limits that Linux sets on this process through control groups, of version 1 and 2. Reads files, keeps nothing."""
