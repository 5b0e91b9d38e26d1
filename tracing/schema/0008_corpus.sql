-- What can be cited: each version of the list of anchors, and when it came into force.
CREATE TABLE IF NOT EXISTS manifests @ON_CLUSTER@
(
    project LowCardinality(String),
    version String,
    stamp UInt64,
    effective_at DateTime64(9, 'UTC'),
    pushed_at DateTime64(9, 'UTC'),
    pushed_by String,
    against String,
    anchors UInt32,
    added UInt32,
    removed UInt32,
    moved UInt32,
    changed UInt32,
    redirected UInt32
)
ENGINE = @REPLACING@(stamp)
ORDER BY (project, version)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 10000;
-- An anchor as it was from `since` on, before `until` (ns; the last number stands for still). An empty interval was taken back.
CREATE TABLE IF NOT EXISTS anchors @ON_CLUSTER@
(
    project LowCardinality(String),
    anchor String CODEC(ZSTD(1)),
    since Int64,
    until Int64,
    stamp UInt64 CODEC(DoubleDelta, ZSTD(1)),
    product LowCardinality(String),
    path String CODEC(ZSTD(1)),
    title String CODEC(ZSTD(1)),
    source_hash String CODEC(ZSTD(1)),
    redirect_to String CODEC(ZSTD(1)),
    entities Array(String) CODEC(ZSTD(1))
)
ENGINE = @REPLACING@(stamp)
ORDER BY (project, anchor, since)
SETTINGS index_granularity = 256, fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 10000;
-- What the retriever's index held: the newest push of a version counts, whole.
CREATE TABLE IF NOT EXISTS inventories @ON_CLUSTER@
(
    project LowCardinality(String),
    version String,
    push UInt64,
    pushed_at DateTime64(9, 'UTC'),
    chunks UInt32
)
ENGINE = @REPLACING@(push)
ORDER BY (project, version)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 10000;
CREATE TABLE IF NOT EXISTS inventory @ON_CLUSTER@
(
    project LowCardinality(String),
    push UInt64,
    anchor String CODEC(ZSTD(1)),
    chunk_id String CODEC(ZSTD(1)),
    source_hash String CODEC(ZSTD(1))
)
ENGINE = @REPLACING@
ORDER BY (project, push, anchor, chunk_id)
SETTINGS index_granularity = 256, fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 10000;
