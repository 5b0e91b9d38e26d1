-- Candidates' texts, once a project, by the hash of their content.
CREATE TABLE IF NOT EXISTS chunks @ON_CLUSTER@
(
    project LowCardinality(String),
    hash FixedString(16),
    text String CODEC(ZSTD(3))
)
ENGINE = @REPLACING@
ORDER BY (project, hash)
SETTINGS index_granularity = 64, fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 10000;
