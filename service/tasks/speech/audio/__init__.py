"""Audio files as samples, and samples as features. Everything here is computed in threads."""
