-- What one database holds beside its rows, as (object, definition). Free of OIDs, so that it survives a dump.
WITH space AS (
    SELECT * FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
),
relation AS (
    SELECT pg_class.*, format('%I.%I', nspname, relname) AS name
    FROM pg_class
    JOIN space ON space.oid = relnamespace
    WHERE relpersistence <> 't'
),
privilege (object, acl, standard) AS (
    SELECT format('schema %I', nspname), nspacl, acldefault('n', nspowner) FROM space
    UNION ALL
    SELECT 'relation ' || name, relacl, acldefault((CASE relkind WHEN 'S' THEN 's' ELSE 'r' END)::"char", relowner)
    FROM relation
    WHERE relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
    UNION ALL
    SELECT format('column %I of %s', attname, name), attacl, acldefault('c', relowner)
    FROM pg_attribute
    JOIN relation ON relation.oid = attrelid
    WHERE attacl IS NOT NULL
    UNION ALL
    SELECT 'function ' || pg_proc.oid::regprocedure, proacl, acldefault('f', proowner)
    FROM pg_proc
    JOIN space ON space.oid = pronamespace
    UNION ALL
    SELECT 'type ' || pg_type.oid::regtype, typacl, acldefault('T', typowner)
    FROM pg_type
    JOIN space ON space.oid = typnamespace
    WHERE typacl IS NOT NULL
)
SELECT format('schema %I', nspname), pg_get_userbyid(nspowner)::text FROM space
UNION ALL
SELECT
    'relation ' || name,
    concat_ws('|', relkind, pg_get_userbyid(relowner), relpersistence, relrowsecurity, relforcerowsecurity,
              relreplident, relispopulated, reloptions::text, amname, spcname,
              pg_get_partkeydef(relation.oid), pg_get_expr(relpartbound, relation.oid),
              (SELECT string_agg(inhparent::regclass::text, ',' ORDER BY inhseqno)
               FROM pg_inherits WHERE inhrelid = relation.oid))
FROM relation
LEFT JOIN pg_am ON pg_am.oid = relam
LEFT JOIN pg_tablespace ON pg_tablespace.oid = reltablespace
WHERE relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
UNION ALL
SELECT
    'columns of ' || name,
    string_agg(
        concat_ws('|', attname, format_type(atttypid, atttypmod), attcollation::regcollation, attnotnull,
                  attidentity, attgenerated, pg_get_expr(adbin, adrelid)),
        chr(10) ORDER BY attnum)
FROM relation
JOIN pg_attribute ON attrelid = relation.oid AND attnum > 0 AND NOT attisdropped
LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
WHERE relkind IN ('r', 'p', 'v', 'm', 'f', 'c')
GROUP BY name
UNION ALL
-- Not-null is told with the columns: whether it is a constraint of its own as well differs between majors.
SELECT
    format('constraint %I on %s', conname,
           CASE WHEN conrelid <> 0 THEN conrelid::regclass::text ELSE contypid::regtype::text END),
    concat_ws('|', pg_get_constraintdef(pg_constraint.oid), convalidated)
FROM pg_constraint
JOIN space ON space.oid = connamespace
WHERE contype <> 'n'
UNION ALL
SELECT
    'index ' || name,
    concat_ws('|', pg_get_indexdef(indexrelid), indisvalid, indisready, indislive, indisclustered, indisreplident)
FROM pg_index
JOIN relation ON relation.oid = indexrelid
UNION ALL
SELECT 'query of ' || name, pg_get_viewdef(oid) FROM relation WHERE relkind IN ('v', 'm')
UNION ALL
SELECT
    'function ' || pg_proc.oid::regprocedure,
    concat_ws('|', pg_get_userbyid(proowner),
              CASE WHEN prokind = 'a'
                   THEN concat_ws('|', aggtransfn, aggfinalfn, aggcombinefn, format_type(aggtranstype, NULL), agginitval)
                   ELSE pg_get_functiondef(pg_proc.oid) END)
FROM pg_proc
JOIN space ON space.oid = pronamespace
LEFT JOIN pg_aggregate ON aggfnoid = pg_proc.oid
UNION ALL
SELECT format('trigger %I on %s', tgname, name), concat_ws('|', pg_get_triggerdef(pg_trigger.oid), tgenabled)
FROM pg_trigger
JOIN relation ON relation.oid = tgrelid
WHERE NOT tgisinternal
UNION ALL
SELECT format('rule %I on %s', rulename, name), concat_ws('|', pg_get_ruledef(pg_rewrite.oid), ev_enabled)
FROM pg_rewrite
JOIN relation ON relation.oid = ev_class
WHERE rulename <> '_RETURN'
UNION ALL
SELECT
    format('policy %I on %s', polname, name),
    concat_ws('|', polcmd, polpermissive,
              (SELECT string_agg(role::regrole::text, ',' ORDER BY role::regrole::text COLLATE "C")
               FROM unnest(polroles) AS role),
              pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid))
FROM pg_policy
JOIN relation ON relation.oid = polrelid
UNION ALL
SELECT
    format('event trigger %I', evtname),
    concat_ws('|', evtevent, pg_get_userbyid(evtowner), evtfoid::regprocedure, evtenabled, evttags::text)
FROM pg_event_trigger
UNION ALL
SELECT
    'type ' || pg_type.oid::regtype,
    concat_ws('|', typtype, pg_get_userbyid(typowner), format_type(nullif(typbasetype, 0), typtypmod), typnotnull,
              typdefault, format_type(rngsubtype, NULL),
              (SELECT string_agg(enumlabel, ',' ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = pg_type.oid))
FROM pg_type
JOIN space ON space.oid = typnamespace
LEFT JOIN pg_range ON rngtypid = pg_type.oid
WHERE typtype IN ('d', 'e', 'r')
UNION ALL
SELECT
    'sequence ' || name,
    concat_ws('|', seqtypid::regtype, seqstart, seqincrement, seqmin, seqmax, seqcache, seqcycle,
              (SELECT format('%s.%I', refobjid::regclass, attname)
               FROM pg_depend
               JOIN pg_attribute ON attrelid = refobjid AND attnum = refobjsubid
               WHERE classid = 'pg_class'::regclass AND objid = seqrelid AND deptype IN ('a', 'i')))
FROM pg_sequence
JOIN relation ON relation.oid = seqrelid
UNION ALL
SELECT format('extension %I', extname), concat_ws('|', extversion, extnamespace::regnamespace) FROM pg_extension
UNION ALL
SELECT
    format('publication %I', pubname),
    concat_ws('|', puballtables, pubinsert, pubupdate, pubdelete, pubtruncate,
              (SELECT string_agg(prrelid::regclass::text, ',' ORDER BY prrelid::regclass::text COLLATE "C")
               FROM pg_publication_rel WHERE prpubid = pg_publication.oid))
FROM pg_publication
UNION ALL
SELECT format('subscription %I', subname), subpublications::text
FROM pg_subscription
JOIN pg_database ON pg_database.oid = subdbid
WHERE datname = current_database()
UNION ALL
SELECT format('statistics %s.%I', stxnamespace::regnamespace, stxname), pg_get_statisticsobjdef(oid)
FROM pg_statistic_ext
UNION ALL
SELECT
    concat_ws(' ', 'default privileges of', defaclrole::regrole, 'on', defaclobjtype,
              'in ' || nullif(defaclnamespace, 0)::regnamespace),
    (SELECT string_agg(item::text, ',' ORDER BY item::text COLLATE "C") FROM unnest(defaclacl) AS item)
FROM pg_default_acl
UNION ALL
SELECT
    'owners of large objects',
    concat_ws('|', count(*), sum(hashtextextended(concat_ws('|', oid, pg_get_userbyid(lomowner), lomacl::text), 0)))
FROM pg_largeobject_metadata
UNION ALL
SELECT 'privileges on ' || object, nullif(sorted.acl, sorted.standard)
FROM privilege
CROSS JOIN LATERAL (
    SELECT
        (SELECT string_agg(item::text, ',' ORDER BY item::text COLLATE "C") FROM unnest(acl) AS item) AS acl,
        (SELECT string_agg(item::text, ',' ORDER BY item::text COLLATE "C") FROM unnest(standard) AS item) AS standard
) AS sorted
