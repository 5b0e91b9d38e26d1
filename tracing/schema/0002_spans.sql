-- The spans as sent. A candidate's text is in `chunks`; the attributes keep its hash.
CREATE TABLE IF NOT EXISTS spans @ON_CLUSTER@
(
    project LowCardinality(String),
    key_ts DateTime64(9, 'UTC'),
    trace_id String CODEC(ZSTD(1)),
    span_id String CODEC(ZSTD(1)),
    version UInt64 CODEC(DoubleDelta, ZSTD(1)),
    batch LowCardinality(String),
    parent_id String CODEC(ZSTD(1)),
    name LowCardinality(String),
    started_at DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    ended_at DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    kind UInt8,
    status UInt8,
    status_message String CODEC(ZSTD(1)),
    scope LowCardinality(String),
    scope_version LowCardinality(String),
    resource String CODEC(ZSTD(1)),
    attributes String CODEC(ZSTD(1)),
    events String CODEC(ZSTD(3)),
    links String CODEC(ZSTD(1)),
    dropped_attributes UInt32,
    size UInt32
)
ENGINE = @REPLACING@(version)
PARTITION BY toYYYYMM(key_ts)
ORDER BY (project, toStartOfHour(key_ts), trace_id, span_id)
SETTINGS index_granularity = 256, fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 10000;
