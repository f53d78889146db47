-- Every sequence that outlives a crash and does not begin again: name, increment.
SELECT format('%I.%I', nspname, relname), seqincrement
FROM pg_sequence
JOIN pg_class ON pg_class.oid = seqrelid
JOIN pg_namespace ON pg_namespace.oid = relnamespace
WHERE relpersistence = 'p' AND NOT seqcycle
ORDER BY 1
