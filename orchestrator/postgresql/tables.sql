-- Every relation that keeps rows of its own: name, name in SQL, the values to hash, size. The largest first.
--
-- A value is hashed as it is where its type's hash tells every two values apart; else in its binary form where that is
-- exact and quick (a bigint's hash folds 64 bits into 32, equal floats and numerics can differ in form); else as text.
SELECT
    nspname || '.' || relname,
    format('%I.%I', nspname, relname),
    coalesce(
        string_agg(
            CASE
                WHEN typnamespace <> 'pg_catalog'::regnamespace THEN format('(t.%I)::text', attname)
                WHEN typname IN ('bool', 'bpchar', 'bytea', 'date', 'int2', 'int4', 'oid', 'text', 'uuid', 'varchar')
                    THEN format('t.%I', attname)
                WHEN typname IN ('float4', 'float8', 'int8', 'interval', 'numeric', 'time', 'timestamp', 'timestamptz')
                    THEN format('%s(t.%I)', typsend, attname)
                ELSE format('(t.%I)::text', attname)
            END,
            ', ' ORDER BY attnum) FILTER (WHERE attnum IS NOT NULL),
        ''),
    pg_relation_size(pg_class.oid) AS size
FROM pg_class
JOIN pg_namespace ON pg_namespace.oid = relnamespace
LEFT JOIN pg_attribute ON attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped
LEFT JOIN pg_type ON pg_type.oid = atttypid
WHERE
    relkind IN ('r', 'm')
    AND relpersistence = 'p'
    AND relispopulated
    AND (nspname !~ '^pg_' AND nspname <> 'information_schema' OR pg_class.oid = 'pg_largeobject'::regclass)
GROUP BY nspname, relname, pg_class.oid
ORDER BY size DESC, 1
