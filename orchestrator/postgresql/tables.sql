-- Every relation that keeps rows of its own: name, name in SQL, the hash of a row `t`, size. The largest first.
--
-- A row's hash: those of its columns, each seeded with its column's name, put together by exclusive or. A value is
-- hashed as it is where its type's hash tells every two values apart; else in its binary form where that is exact and
-- quick (equal numerics can differ in form); else as text. A bigint's own hash folds 64 bits into 32: it is the seed
-- instead. Floats as text too: computed and written NaN differ in binary form. Text is compared byte for byte, whatever
-- its collation. Of a bpchar without a length the hash leaves out the blanks at the end. The order of columns does not
-- matter: a dump makes those of an inheriting table in another one. What a virtual column yields is not kept anywhere.
SELECT
    nspname || '.' || relname,
    format('%I.%I', nspname, relname),
    coalesce(
        string_agg(
            format(
                CASE
                    WHEN typnamespace <> 'pg_catalog'::regnamespace
                        THEN 'coalesce(hashtextextended((t.%1$I)::text COLLATE "C", %2$s), %2$s)'
                    WHEN typname = 'int2' THEN 'coalesce(hashint2extended(t.%1$I, %2$s), %2$s)'
                    WHEN typname = 'int4' THEN 'coalesce(hashint4extended(t.%1$I, %2$s), %2$s)'
                    WHEN typname = 'int8' THEN 'coalesce(hashint4extended(%2$s, t.%1$I), %2$s)'
                    WHEN typname = 'uuid' THEN 'coalesce(uuid_hash_extended(t.%1$I, %2$s), %2$s)'
                    WHEN typname IN ('text', 'varchar')
                        THEN 'coalesce(hashtextextended(t.%1$I COLLATE "C", %2$s), %2$s)'
                    WHEN typname = 'bpchar' AND atttypmod > 0
                        THEN 'coalesce(hashbpcharextended(t.%1$I COLLATE "C", %2$s), %2$s)'
                    WHEN typname = 'bpchar'
                        THEN 'hash_record_extended(ROW(t.%1$I COLLATE "C", octet_length(t.%1$I)), %2$s)'
                    WHEN typname IN ('bool', 'bytea', 'char', 'date', 'oid')
                        THEN 'hash_record_extended(ROW(t.%1$I), %2$s)'
                    WHEN typname IN ('interval', 'numeric', 'time', 'timestamp', 'timestamptz')
                        THEN 'hash_record_extended(ROW(%3$s(t.%1$I)), %2$s)'
                    ELSE 'coalesce(hashtextextended((t.%1$I)::text COLLATE "C", %2$s), %2$s)'
                END,
                attname, hashtext(attname::text COLLATE "C"), typsend),
            ' # ') FILTER (WHERE attnum IS NOT NULL),
        '0'),
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
