-- What the right answer would rest on. `about` says what `subject` is: a trace, an item, or a question's canonical number.
CREATE TABLE IF NOT EXISTS expectations @ON_CLUSTER@
(
    project LowCardinality(String),
    about LowCardinality(String),
    subject String,
    source LowCardinality(String),
    version UInt64,
    query String CODEC(ZSTD(1)),
    behaviour LowCardinality(String),
    anchors Array(String) CODEC(ZSTD(1)),
    all_required Bool,
    product LowCardinality(String),
    intent LowCardinality(String),
    note String CODEC(ZSTD(1)),
    at DateTime64(9, 'UTC')
)
ENGINE = @REPLACING@(version)
ORDER BY (project, about, subject, source)
SETTINGS index_granularity = 256, fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 10000;
