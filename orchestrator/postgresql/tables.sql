-- Every relation that keeps rows of its own: name, name in SQL, the values to hash, size. The largest first.
--
-- A value is hashed as it is where its type's hash tells every two values apart; else in its binary form where that is
-- exact and quick (a bigint's hash folds 64 bits into 32, equal numerics can differ in form); else as text. Floats as
-- text too: computed and written NaN differ in binary form. Text is compared byte for byte, whatever its collation.
-- Columns in the order of their names: a dump makes those of an inheriting table in another order. What a virtual
-- column yields is not kept anywhere.
SELECT
    nspname || '.' || relname,
    format('%I.%I', nspname, relname),
    coalesce(
        string_agg(
            format(
                CASE
                    WHEN typnamespace <> 'pg_catalog'::regnamespace THEN '(t.%1$I)::text COLLATE "C"'
                    WHEN typname IN ('bool', 'bytea', 'char', 'date', 'int2', 'int4', 'oid', 'uuid') THEN 't.%1$I'
                    WHEN typname IN ('text', 'varchar') THEN 't.%1$I COLLATE "C"'
                    -- Its hash leaves out the blanks at the end.
                    WHEN typname = 'bpchar' THEN 't.%1$I COLLATE "C", octet_length(t.%1$I)'
                    WHEN typname IN ('int8', 'interval', 'numeric', 'time', 'timestamp', 'timestamptz')
                        THEN '%2$s(t.%1$I)'
                    ELSE '(t.%1$I)::text COLLATE "C"'
                END,
                attname, typsend),
            ', ' ORDER BY attname COLLATE "C") FILTER (WHERE attnum IS NOT NULL),
        ''),
    pg_relation_size(pg_class.oid) AS size
FROM pg_class
JOIN pg_namespace ON pg_namespace.oid = relnamespace
LEFT JOIN pg_attribute ON attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped AND attgenerated <> 'v'
LEFT JOIN pg_type ON pg_type.oid = atttypid
WHERE
    relkind IN ('r', 'm')
    AND relpersistence = 'p'
    AND relispopulated
    AND (nspname !~ '^pg_' AND nspname <> 'information_schema' OR pg_class.oid = 'pg_largeobject'::regclass)
GROUP BY nspname, relname, pg_class.oid
ORDER BY size DESC, 1, 2
