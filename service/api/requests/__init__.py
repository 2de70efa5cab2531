"""The parts that request bodies share: bounded types, sampling fields, messages, forms, the conversion to options."""
