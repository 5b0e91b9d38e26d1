-- Requests and items that were refused, and why: a row a refusal.
CREATE TABLE IF NOT EXISTS refusals @ON_CLUSTER@
(
    project LowCardinality(String),
    at DateTime64(3, 'UTC'),
    batch String,
    client LowCardinality(String),
    status UInt16,
    reason LowCardinality(String),
    detail String CODEC(ZSTD(1))
)
ENGINE = @REPLACING@
ORDER BY (project, at, batch)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 10000;
