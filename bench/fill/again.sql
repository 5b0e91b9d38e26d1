-- Rows that were written again, and that FINAL must see through.
INSERT INTO {table:Identifier} SELECT * REPLACE(version + 1 AS version) FROM {table:Identifier}
WHERE project = {project:String} AND cityHash64(trace_id) % {every:UInt32} = 0 AND key_ts >= fromUnixTimestamp64Nano({since_ns:Int64})
SETTINGS max_block_size = 1024, min_insert_block_size_rows = 5000, min_insert_block_size_bytes = 0, max_insert_threads = 1
