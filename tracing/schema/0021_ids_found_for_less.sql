-- A batch of the drain looks for 200 ids at once: with a false find in a hundred, most blocks of a large store were read for nothing.
-- The names are new because the indexes of parts that are here already change behind the scenes, each at its own time.
ALTER TABLE traces @ON_CLUSTER@ ADD INDEX IF NOT EXISTS by_trace_id trace_id TYPE bloom_filter(0.0001) GRANULARITY 16,
    ADD INDEX IF NOT EXISTS by_question canonical TYPE bloom_filter(0.0001) GRANULARITY 16 SETTINGS alter_sync = 2;
ALTER TABLE traces @ON_CLUSTER@ MATERIALIZE INDEX by_trace_id, MATERIALIZE INDEX by_question SETTINGS mutations_sync = 0;
ALTER TABLE traces @ON_CLUSTER@ DROP INDEX IF EXISTS by_id, DROP INDEX IF EXISTS by_canonical SETTINGS alter_sync = 0;
