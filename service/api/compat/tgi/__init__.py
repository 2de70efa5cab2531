"""The API of Text Generation Inference (TGI), which is also Hugging Face's task text-generation."""
