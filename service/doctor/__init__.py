"""Whether this machine can serve: one check for each thing that a service needs. Loads no model and changes nothing."""
