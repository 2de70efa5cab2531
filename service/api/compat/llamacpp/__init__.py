"""The API of llama.cpp's server that is not OpenAI's."""
