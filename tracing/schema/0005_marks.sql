-- One derived row a trace: what is said of it now. Made from the appended rows, and can be rebuilt from them.
CREATE TABLE IF NOT EXISTS marks @ON_CLUSTER@
(
    project LowCardinality(String),
    key_ts DateTime64(9, 'UTC'),
    trace_id String CODEC(ZSTD(1)),
    version UInt64 CODEC(DoubleDelta, ZSTD(1)),
    started_at DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    stage LowCardinality(String),
    fault LowCardinality(String),
    kind LowCardinality(String),
    certainty LowCardinality(String),
    groundedness Nullable(Float64),
    grounded_by LowCardinality(String),
    thumb LowCardinality(String),
    anchors LowCardinality(String),
    flags Array(LowCardinality(String)),
    judged LowCardinality(String),
    review LowCardinality(String)
)
ENGINE = @REPLACING@(version)
PARTITION BY toYYYYMM(key_ts)
ORDER BY (project, toStartOfHour(key_ts), trace_id)
SETTINGS index_granularity = 1024, fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 10000;
