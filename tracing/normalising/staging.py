"""Which stage of the pipeline each span belongs to."""

import re
from functools import lru_cache

from tracing.dialects.reading import RERANKS, Role
from tracing.normalising.tree import Node
from tracing.stages import Stage

RERANK_NAME = re.compile(r"compress|rerank|rank|postprocess", re.IGNORECASE)
FUSION_NAME = re.compile(r"fus(e|ion)|rrf|merge|ensemble|combin|join", re.IGNORECASE)
BY_WORDS_NAME = re.compile(r"bm25|lexical|keyword|full_?text|sparse|tf_?idf", re.IGNORECASE)
_SEARCH_TOOL = re.compile(
    r"retriev|(?<!re)search|bm25|look_?up|knowledge|(get|fetch|find|query)_\w*(doc|passage|context|chunk)",
    re.IGNORECASE,
)
_BY_NAME = (
    (RERANK_NAME, Stage.RERANK),
    (re.compile(r"rout(e|er|ing)|classif|intent|triage|(single|multi)selector", re.IGNORECASE), Stage.ROUTE),
    (re.compile(r"entit|resolv|rewrit|condense|expan[ds]|hyde|decompos", re.IGNORECASE), Stage.RESOLVE),
    (re.compile(r"context|assembl|pack_|budget|format_doc|build_prompt", re.IGNORECASE), Stage.CONTEXT),
    (re.compile(r"validat|verif|guard|grounded|check_|_check|citation|evaluat|judge", re.IGNORECASE), Stage.VALIDATE),
    (re.compile(r"retriev|fus(e|ion)|rrf|joiner|(?<!re)search|bm25", re.IGNORECASE), Stage.RETRIEVE),
    (re.compile(r"embed", re.IGNORECASE), Stage.EMBED),
    (re.compile(r"generat|synthes|answer", re.IGNORECASE), Stage.GENERATE),
)
_BY_ROLE = {
    Role.RETRIEVER: Stage.RETRIEVE,
    Role.MERGER: Stage.RETRIEVE,
    Role.RERANKER: Stage.RERANK,
    Role.EMBEDDER: Stage.EMBED,
    Role.EVALUATOR: Stage.VALIDATE,
    Role.GUARDRAIL: Stage.VALIDATE,
}
_WORKERS = {Role.RETRIEVER, Role.MERGER, Role.RERANKER, Role.EMBEDDER, Role.MODEL}
_SEARCHERS = {Role.RETRIEVER, Role.MERGER, Role.EMBEDDER}
_MAY_CALL_A_MODEL = {Stage.ROUTE, Stage.RESOLVE, Stage.RERANK, Stage.GENERATE, Stage.VALIDATE}
_MAY_WORK = {
    stage: frozenset(role for role, of in _BY_ROLE.items() if of is stage)
    | (_SEARCHERS if stage is Stage.RETRIEVE else {Role.MODEL} if stage in _MAY_CALL_A_MODEL else frozenset())
    for stage in Stage
}
_LONGEST_NAME = 500
_LENDS = {Stage.ROUTE, Stage.RESOLVE, Stage.RERANK, Stage.CONTEXT, Stage.VALIDATE}


def assign(nodes: list[Node]) -> None:
    """Fill in each node's stage: declared, told by its role, by its name, or by the spans above it."""
    for node in reversed(nodes):
        if node.children:
            node.below = frozenset().union(*({child.role} | child.below for child in node.children))
    for node in nodes:
        parent, declared = node.parent, node.declared
        if parent is not None:
            node.told_round = parent.told_round
            node.tool = parent if parent.role is Role.TOOL else parent.tool
        if declared is not None and declared.round is not None:
            node.told_round = declared.round
        node.own = _own(node)
        if node.own is not None:
            node.stage = node.own
            node.stage_is_declared = declared is not None and declared.stage is not None
        elif parent is not None:
            node.stage, node.stage_is_declared = parent.stage, parent.stage_is_declared


def _own(node: Node) -> Stage | None:
    declared = node.declared
    if declared is not None and declared.stage is not None:
        return Stage.named(declared.stage)
    if node.role is Role.MODEL:
        return _model_stage(node.parent)
    if node.role is Role.RETRIEVER and RERANK_NAME.search(node.name):
        return Stage.RERANK
    if node.role in _BY_ROLE:
        return _BY_ROLE[node.role]
    if node.role is Role.STEP and node.span.parent_id:
        return _named(node)
    return _of_tool(node) if node.role is Role.TOOL else None


def _of_tool(node: Node) -> Stage | None:
    if RERANKS.search(node.name) and not node.below & _WORKERS:
        stage = Stage.RERANK
    elif _SEARCH_TOOL.search(node.name) and node.below & _WORKERS <= _SEARCHERS:
        stage = Stage.RETRIEVE
    else:
        return None
    node.inferred = True
    return stage


def _model_stage(parent: Node | None) -> Stage:
    above = parent.stage if parent is not None else None
    if parent is None or above is None:
        return Stage.GENERATE
    if above in _LENDS or parent.stage_is_declared:
        return above
    return Stage.RESOLVE if above is Stage.RETRIEVE else Stage.GENERATE


@lru_cache(maxsize=4096)
def _called(name: str) -> Stage | None:
    return next((stage for pattern, stage in _BY_NAME if pattern.search(name)), None)


def _named(node: Node) -> Stage | None:
    stage = _called(node.name[:_LONGEST_NAME])
    if stage is None or not node.below & _WORKERS <= _MAY_WORK[stage]:
        return None
    node.inferred = True
    return stage
