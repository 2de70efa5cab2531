"""The OpenAPI document. FastAPI describes the requests; the answers come from the response models themselves."""
