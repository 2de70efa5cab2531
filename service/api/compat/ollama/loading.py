"""A request without a text: it asks to load the model."""

from service.api.call import Call, Served


async def load(call: Call, model: Served) -> None:
    """Wait until the model is loaded. Raises ApiError or ModelUnavailable."""
    with await call.lease(model):
        model.base.client.require_ready()
