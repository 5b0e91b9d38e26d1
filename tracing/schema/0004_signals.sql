-- What was said of a trace after the fact; a newer one of the same identity replaces the older.
CREATE TABLE IF NOT EXISTS signals @ON_CLUSTER@
(
    project LowCardinality(String),
    trace_id String,
    identity String,
    version UInt64,
    id String,
    kind LowCardinality(String),
    name LowCardinality(String),
    value String,
    number Nullable(Float64),
    source LowCardinality(String),
    user String,
    session_id String,
    comment String CODEC(ZSTD(1)),
    anchor String,
    at DateTime64(9, 'UTC')
)
ENGINE = @REPLACING@(version)
ORDER BY (project, trace_id, identity)
SETTINGS index_granularity = 1024, fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 10000;
