-- What a look at the whole corpus found: a row a run, and a row an anchor that is not as it should be.
CREATE TABLE IF NOT EXISTS drift_runs @ON_CLUSTER@
(
    project LowCardinality(String),
    run UInt64,
    manifest String,
    inventory String,
    days UInt16,
    anchors UInt32,
    counts Map(LowCardinality(String), UInt32),
    manifest_at DateTime64(9, 'UTC'),
    seen_at Nullable(DateTime64(9, 'UTC'))
)
ENGINE = @REPLACING@
ORDER BY (project, run)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 10000;
CREATE TABLE IF NOT EXISTS drift @ON_CLUSTER@
(
    project LowCardinality(String),
    run UInt64,
    kind LowCardinality(String),
    place UInt32,
    anchor String,
    product LowCardinality(String),
    n UInt64,
    other String
)
ENGINE = @REPLACING@
ORDER BY (project, run, kind, place)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 10000;
