"""HEAD is GET without the body: probes ask so whether a route answers."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_SHARED = ("route", "user")  # what the layers inside put into the scope for those outside


class HeadMiddleware:
    """Answers HEAD with the status and the headers of GET, on every route. The server sends no body."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            return await self.app(scope, receive, send)
        as_get = {**scope, "method": "GET"}  # a copy: the server looks at its own scope to know that there is no body

        async def sharing_send(message: Message) -> None:
            scope.update({name: as_get[name] for name in _SHARED if name in as_get})
            await send(message)

        await self.app(as_get, receive, sharing_send)
