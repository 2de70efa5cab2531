"""The former home of the engine's types. Import them from their own modules; this one goes away."""

from service.engine.protocol.engine_info import EngineInfo as EngineInfo
from service.engine.protocol.outputs import ErrorKind as ErrorKind
from service.engine.protocol.outputs import FinishReason as FinishReason
from service.engine.protocol.outputs import StepOutput as StepOutput
from service.engine.protocol.outputs import StepStats as StepStats
from service.engine.protocol.outputs import TokenLogprob as TokenLogprob
from service.engine.protocol.outputs import TokenOutput as TokenOutput
from service.engine.protocol.request import Request as Request
from service.engine.protocol.sampling_params import SamplingParams as SamplingParams
