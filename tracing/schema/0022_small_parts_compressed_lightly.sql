-- What filters read much of is compressed for speed: the ids of chunks.
-- Embedded, a part is compressed lightly while it is small and well once it is merged: ENGINE_CONFIG says what `Default` is
-- for its size. A server has a configuration of its own, on which nobody may rely: there each column keeps its codec.
ALTER TABLE traces @ON_CLUSTER@
    MODIFY COLUMN trace_id CODEC(@ZSTD(1)@), MODIFY COLUMN version CODEC(DoubleDelta, @ZSTD(1)@),
    MODIFY COLUMN started_at CODEC(Delta, @ZSTD(1)@), MODIFY COLUMN ended_at CODEC(Delta, @ZSTD(1)@),
    MODIFY COLUMN arrived_at CODEC(Delta, @ZSTD(1)@), MODIFY COLUMN external_id CODEC(@ZSTD(1)@),
    MODIFY COLUMN run_id CODEC(@ZSTD(1)@), MODIFY COLUMN item_id CODEC(@ZSTD(1)@),
    MODIFY COLUMN query CODEC(@ZSTD(3)@), MODIFY COLUMN entities CODEC(@ZSTD(1)@),
    MODIFY COLUMN answer CODEC(@ZSTD(3)@), MODIFY COLUMN session_id CODEC(@ZSTD(1)@),
    MODIFY COLUMN user_id CODEC(@ZSTD(1)@), MODIFY COLUMN metadata CODEC(@ZSTD(1)@),
    MODIFY COLUMN errors CODEC(@ZSTD(1)@), MODIFY COLUMN warnings CODEC(@ZSTD(1)@),
    MODIFY COLUMN c_id CODEC(LZ4), MODIFY COLUMN c_anchor CODEC(LZ4),
    MODIFY COLUMN c_title CODEC(@ZSTD(1)@), MODIFY COLUMN c_text CODEC(@ZSTD(1)@),
    MODIFY COLUMN c_source_hash CODEC(@ZSTD(1)@), MODIFY COLUMN c_fused_rank CODEC(@ZSTD(1)@),
    MODIFY COLUMN c_fused_score CODEC(@ZSTD(1)@), MODIFY COLUMN c_rerank_in CODEC(@ZSTD(1)@),
    MODIFY COLUMN c_rerank_rank CODEC(@ZSTD(1)@), MODIFY COLUMN c_rerank_score CODEC(@ZSTD(1)@),
    MODIFY COLUMN c_survived CODEC(@ZSTD(1)@), MODIFY COLUMN c_tokens CODEC(@ZSTD(1)@),
    MODIFY COLUMN c_kept_tokens CODEC(@ZSTD(1)@), MODIFY COLUMN c_cited CODEC(@ZSTD(1)@),
    MODIFY COLUMN h_candidate CODEC(@ZSTD(1)@), MODIFY COLUMN h_round CODEC(@ZSTD(1)@),
    MODIFY COLUMN h_rank CODEC(@ZSTD(1)@), MODIFY COLUMN h_score CODEC(@ZSTD(1)@),
    MODIFY COLUMN cited CODEC(@ZSTD(1)@), MODIFY COLUMN detail CODEC(@ZSTD(3)@);
ALTER TABLE spans @ON_CLUSTER@
    MODIFY COLUMN trace_id CODEC(@ZSTD(1)@), MODIFY COLUMN span_id CODEC(@ZSTD(1)@),
    MODIFY COLUMN version CODEC(DoubleDelta, @ZSTD(1)@), MODIFY COLUMN parent_id CODEC(@ZSTD(1)@),
    MODIFY COLUMN started_at CODEC(Delta, @ZSTD(1)@), MODIFY COLUMN ended_at CODEC(Delta, @ZSTD(1)@),
    MODIFY COLUMN status_message CODEC(@ZSTD(1)@), MODIFY COLUMN resource CODEC(@ZSTD(1)@),
    MODIFY COLUMN attributes CODEC(@ZSTD(1)@), MODIFY COLUMN events CODEC(@ZSTD(3)@),
    MODIFY COLUMN links CODEC(@ZSTD(1)@);
ALTER TABLE chunks @ON_CLUSTER@
    MODIFY COLUMN text CODEC(@ZSTD(3)@);
