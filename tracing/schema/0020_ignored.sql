-- Log records that came and are of nobody's answer: no spans, and no part of the account's sum.
ALTER TABLE account @ON_CLUSTER@ ADD COLUMN IF NOT EXISTS ignored UInt64 DEFAULT 0;
