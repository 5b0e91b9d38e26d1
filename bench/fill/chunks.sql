-- The texts of 20,000 pages' chunks, some 1,500 characters each.
INSERT INTO chunks SELECT {project:String}, MD5(concat(toString(intDiv(number, 4)), toString(number % 4))),
 arrayStringConcat(arrayMap(i -> translate(toString(toUInt32(3000 * pow(cityHash64(number, i, 't') / 18446744073709551616., 2.5)) * 7919 % 100003), '0123456789', 'aeioukmrst'), range(250)), ' ')
FROM numbers(80000) SETTINGS max_block_size = 1024, min_insert_block_size_rows = 10000, min_insert_block_size_bytes = 0
