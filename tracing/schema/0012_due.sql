-- True where something came that the trace was not judged by yet; the sweep looks for it, and takes it back.
ALTER TABLE marks @ON_CLUSTER@ ADD COLUMN IF NOT EXISTS due Bool DEFAULT false;
-- Whether the answer counts as one with a false anchor; null where that cannot be told.
ALTER TABLE marks @ON_CLUSTER@ ADD COLUMN IF NOT EXISTS false_anchor Nullable(Bool);
