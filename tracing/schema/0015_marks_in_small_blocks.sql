-- A list reads the marks of 50 scattered traces, a row of each block: of small blocks less is unpacked in vain.
ALTER TABLE marks @ON_CLUSTER@ MODIFY SETTING min_compress_block_size = 4096;
