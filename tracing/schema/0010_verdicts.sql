-- Each run of the engine over a trace, also when it found nothing (`none`), and each verdict of a person: none is ever changed.
-- `expected` and `stale` are places among the trace's candidates; `citations` are the statuses of its citations, in order.
CREATE TABLE IF NOT EXISTS verdicts @ON_CLUSTER@
(
    project LowCardinality(String),
    key_ts DateTime64(9, 'UTC'),
    trace_id String CODEC(ZSTD(1)),
    version UInt64 CODEC(DoubleDelta, ZSTD(1)),
    person String,
    stage LowCardinality(String),
    fault LowCardinality(String),
    kind LowCardinality(String),
    certainty LowCardinality(String),
    rule LowCardinality(String),
    rules_version UInt32,
    evidence Array(String) CODEC(ZSTD(3)),
    symptoms Array(LowCardinality(String)),
    would_decide String CODEC(ZSTD(1)),
    note String CODEC(ZSTD(1)),
    flags Array(LowCardinality(String)),
    citations Array(LowCardinality(String)),
    failed Array(String) CODEC(ZSTD(1)),
    expected Array(UInt16) CODEC(ZSTD(1)),
    stale Array(UInt16) CODEC(ZSTD(1)),
    lost Map(String, String) CODEC(ZSTD(1)),
    false_anchor Nullable(Bool),
    at DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1))
)
ENGINE = @REPLACING@
PARTITION BY toYYYYMM(key_ts)
ORDER BY (project, toStartOfHour(key_ts), trace_id, version)
SETTINGS index_granularity = 1024, fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 10000;
