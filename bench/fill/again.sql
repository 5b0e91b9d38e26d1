-- One trace in a hundred came again, with a late span: a version that FINAL must see through, in every hour.
INSERT INTO {table:Identifier} SELECT * REPLACE(version + 1 AS version) FROM {table:Identifier}
WHERE project = {project:String} AND cityHash64(trace_id) % 100 = 0
SETTINGS max_block_size = 1024, min_insert_block_size_rows = 5000, min_insert_block_size_bytes = 0, max_insert_threads = 1
