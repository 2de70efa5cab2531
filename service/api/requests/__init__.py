"""What request bodies share: bounded types, sampling fields, messages, forms, and the conversion to options."""
