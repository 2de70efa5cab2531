"""``/v1/files``: the inputs and the results of batches."""
