"""The served models: their names, their capabilities, their processes, and the tasks that the processes do.

The registry finds the model of a request. A served model loads, unloads, and counts the requests that use it. This room
knows nothing of HTTP.
"""
