-- What became of every span that was received: a row a project, day and batch of the drain.
CREATE TABLE IF NOT EXISTS account @ON_CLUSTER@
(
    project LowCardinality(String),
    day Date,
    batch String CODEC(ZSTD(1)),
    client LowCardinality(String),
    traces UInt64,
    stored UInt64,
    duplicate UInt64,
    rejected UInt64,
    bad UInt64
)
ENGINE = @REPLACING@
ORDER BY (project, day, batch, client)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 10000;
