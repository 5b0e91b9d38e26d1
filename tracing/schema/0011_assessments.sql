-- What a judge, a person or the lexical assessor said of an answer; of each assessor and version the newest counts.
CREATE TABLE IF NOT EXISTS assessments @ON_CLUSTER@
(
    project LowCardinality(String),
    key_ts DateTime64(9, 'UTC'),
    trace_id String CODEC(ZSTD(1)),
    version UInt64 CODEC(DoubleDelta, ZSTD(1)),
    assessor LowCardinality(String),
    assessor_version LowCardinality(String),
    groundedness Nullable(Float64),
    relevance Nullable(Float64),
    complete Nullable(Bool),
    context_sufficient Nullable(Bool),
    should_refuse Nullable(Bool),
    product_right Nullable(Bool),
    detail String CODEC(ZSTD(3)),
    at DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1))
)
ENGINE = @REPLACING@
PARTITION BY toYYYYMM(key_ts)
ORDER BY (project, toStartOfHour(key_ts), trace_id, version)
SETTINGS index_granularity = 1024, fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 10000;
