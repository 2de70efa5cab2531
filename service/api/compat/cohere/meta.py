"""The part ``meta`` of Cohere's answers."""

from service.api.wire.response_model import UNSET, ResponseModel, UnsetType


class ApiVersion(ResponseModel):
    """The version of the API that the request was written for."""

    version: str


class BilledUnits(ResponseModel):
    """What Cohere would bill. Nothing is billed here."""

    input_tokens: int | UnsetType = UNSET
    search_units: int | UnsetType = UNSET


class InputTokens(ResponseModel):
    """The tokens of the request."""

    input_tokens: int


class Meta(ResponseModel):
    """The version of the API, and the usage."""

    api_version: ApiVersion
    billed_units: BilledUnits
    tokens: InputTokens
