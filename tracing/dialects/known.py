"""Which names of attributes mean something to a reader here, or are known to say nothing of an answer.

What is left is shown on the ingest page, so that a new convention, or a name that was changed, is noticed.
"""

import re

_READ = """
ai.documents ai.model.id ai.operationId ai.prompt ai.query ai.ranking ai.rerank.topN ai.topN ai.value
error.type final_result gen_ai.completion gen_ai.content.completion gen_ai.content.prompt gen_ai.conversation.id
gen_ai.cost.total_cost
gen_ai.data_source.id gen_ai.event.content gen_ai.input.messages gen_ai.operation.name gen_ai.output.messages
gen_ai.prompt gen_ai.provider.name gen_ai.request.model gen_ai.request.top_k gen_ai.request.top_n gen_ai.response.id
gen_ai.response.model gen_ai.response.time_to_first_chunk gen_ai.retrieval.documents gen_ai.retrieval.query.text
gen_ai.retrieval.top_k gen_ai.server.time_to_first_token gen_ai.system gen_ai.system_instructions input.value
llm.input_messages llm.model_name llm.output_messages llm.prompt_template.version llm.prompts
llm.request.model_name llm.request.type llm.response.model_name metadata operation.cost output.value session.id user.id
openinference.span.kind tool_arguments tool_response traceloop.span.kind
""".split()  # fmt: skip
_READ_BELOW = """
ai.response. ai.result. ai.stream. ai.telemetry. ai.toolCall. ai.usage. annotations. app. db. embedding. evaluations.
gen_ai.client. gen_ai.evaluation. gen_ai.prompt. gen_ai.completion. gen_ai.task. gen_ai.tool. gen_ai.usage. haystack.
langfuse. langsmith. llm.cost. llm.input_messages. llm.output_messages. llm.prompts. llm.token_count. llm.usage. mlflow.
ai.prompt. rag. reranker. retrieval. session.annotations. stagelight. trace.annotations. trace.evaluations.
traceloop.association.properties. traceloop.entity. traceloop.prompt.
""".split()  # fmt: skip
_SAYS_NOTHING_OF_AN_ANSWER = """
agent. ai.request. ai.settings. cloud. code. container. deployment. embedding. enduser. event. exception. faas.
gen_ai.agent. gen_ai.embeddings. gen_ai.is_streaming
gen_ai.openai. gen_ai.output.type gen_ai.request. gen_ai.response.finish_reasons
gen_ai.response.service_tier gen_ai.response.system_fingerprint gen_ai.serialized. gen_ai.workflow. graph. host. http.
input.mime_type k8s. llm.finish_reason llm.headers llm.invocation_parameters llm.is_streaming llm.chat_completions
llm.prompt_template. llm.provider llm.system llm.tools messaging. net. network. openai. os. otel. output.mime_type peer.
process. resource. rpc. server. client. service. tag.tags telemetry. thread. tool. traceloop. url. user_agent. user.
""".split()  # fmt: skip
_EXACT = frozenset(name for name in (*_READ, *_SAYS_NOTHING_OF_AN_ANSWER) if not name.endswith("."))
_BELOW = tuple(name for name in (*_READ_BELOW, *_SAYS_NOTHING_OF_AN_ANSWER) if name.endswith("."))
_NUMBER = re.compile(r"(?<=\.)\d+(?=\.|$)")


def is_known(name: str) -> bool:
    """True for a name that is read here, or of which it is known that it has nothing to say."""
    return name in _EXACT or name.startswith(_BELOW)


def numbered(name: str) -> str:
    """The name with its numbers as `N`: one for all places of a list."""
    return _NUMBER.sub("N", name)
