-- Of a signal about one observation of its trace, which.
ALTER TABLE signals @ON_CLUSTER@ ADD COLUMN IF NOT EXISTS span_id String;
