-- What one database holds beside its rows, as (object, definition). Free of OIDs, so that it survives a dump.
--
-- What an extension brings along is told by its name and version: it differs between majors.
WITH member AS (
    SELECT classid, objid FROM pg_depend WHERE deptype = 'e'
),
space AS (
    SELECT * FROM pg_namespace
    WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' AND (tableoid, oid) NOT IN (TABLE member)
),
relation AS (
    SELECT pg_class.*, format('%I.%I', nspname, relname) AS name
    FROM pg_class
    JOIN space ON space.oid = relnamespace
    WHERE relpersistence <> 't' AND (pg_class.tableoid, pg_class.oid) NOT IN (TABLE member)
),
routine AS (
    SELECT pg_proc.*, 'function ' || pg_proc.oid::regprocedure AS name
    FROM pg_proc
    JOIN space ON space.oid = pronamespace
    WHERE (pg_proc.tableoid, pg_proc.oid) NOT IN (TABLE member)
),
kind AS (
    SELECT pg_type.*, 'type ' || pg_type.oid::regtype AS name
    FROM pg_type
    JOIN space ON space.oid = typnamespace
    WHERE (pg_type.tableoid, pg_type.oid) NOT IN (TABLE member)
        -- Neither arrays nor the types of tables' rows: they come with something else.
        AND typelem = 0
        AND (typrelid = 0 OR typrelid IN (SELECT oid FROM pg_class WHERE relkind = 'c'))
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
    WHERE NOT attisdropped
    UNION ALL
    SELECT name, proacl, acldefault('f', proowner) FROM routine
    UNION ALL
    SELECT name, typacl, acldefault('T', typowner) FROM kind
    UNION ALL
    SELECT format('language %I', lanname), lanacl, acldefault('l', lanowner) FROM pg_language
    UNION ALL
    SELECT 'large object ' || oid, lomacl, acldefault('L', lomowner) FROM pg_largeobject_metadata
    UNION ALL
    SELECT
        concat_ws(' ', 'new', defaclobjtype, 'of', defaclrole::regrole,
                  'in ' || nullif(defaclnamespace, 0)::regnamespace),
        defaclacl,
        CASE WHEN defaclnamespace = 0
             THEN acldefault((CASE defaclobjtype WHEN 'S' THEN 's' ELSE defaclobjtype END)::"char", defaclrole)
             ELSE acldefault('c', defaclrole) END
    FROM pg_default_acl
)
SELECT format('schema %I', nspname), pg_get_userbyid(nspowner)::text FROM space
UNION ALL
SELECT
    'relation ' || name,
    ROW(relkind, pg_get_userbyid(relowner), relpersistence, relrowsecurity, relforcerowsecurity, relreplident,
        relispopulated, reloptions, amname, spcname, CASE reloftype WHEN 0 THEN NULL ELSE reloftype::regtype END,
        pg_get_partkeydef(relation.oid), pg_get_expr(relpartbound, relation.oid),
        (SELECT array_agg(inhparent::regclass ORDER BY inhseqno) FROM pg_inherits WHERE inhrelid = relation.oid))::text
FROM relation
LEFT JOIN pg_am ON pg_am.oid = relam
LEFT JOIN pg_tablespace ON pg_tablespace.oid = reltablespace
WHERE relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
UNION ALL
-- A dump makes the columns of an inheriting table in another order: the parents' first.
SELECT
    'columns of ' || name,
    array_agg(
        ROW(attname, format_type(atttypid, atttypmod), attcollation::regcollation, attnotnull, attidentity,
            attgenerated, attstorage, attcompression, nullif(attstattarget, -1), attfdwoptions, pg_get_expr(adbin, adrelid),
            -- The server keeps a number of its own beside them.
            (SELECT array_agg(item ORDER BY item) FROM unnest(attoptions) AS item WHERE item LIKE 'n\_distinct%'))
        ORDER BY CASE WHEN inherits THEN 0 ELSE attnum END, attname COLLATE "C")::text
FROM relation
JOIN pg_attribute ON attrelid = relation.oid AND attnum > 0 AND NOT attisdropped
LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
CROSS JOIN LATERAL (SELECT EXISTS (SELECT FROM pg_inherits WHERE inhrelid = relation.oid)) AS _ (inherits)
WHERE relkind IN ('r', 'p', 'v', 'm', 'f', 'c')
GROUP BY name
UNION ALL
-- Not-null is told with the columns: whether it is a constraint of its own as well differs between majors.
-- A constraint that follows from one of a partitioned table may have another name after a dump.
SELECT
    format('constraint %I on %s', conname,
           CASE WHEN conrelid <> 0 THEN conrelid::regclass::text ELSE contypid::regtype::text END),
    ROW(pg_get_constraintdef(pg_constraint.oid), convalidated)::text
FROM pg_constraint
JOIN space ON space.oid = connamespace
WHERE contype <> 'n' AND conparentid = 0 AND ('pg_class'::regclass, conrelid) NOT IN (TABLE member)
UNION ALL
SELECT
    'index ' || name,
    ROW(pg_get_indexdef(indexrelid), indisprimary, indisexclusion, indisvalid, indisready, indislive, indisclustered,
        indisreplident, spcname, (SELECT inhparent::regclass FROM pg_inherits WHERE inhrelid = indexrelid))::text
FROM pg_index
JOIN relation ON relation.oid = indexrelid
LEFT JOIN pg_tablespace ON pg_tablespace.oid = reltablespace
UNION ALL
SELECT 'query of ' || name, pg_get_viewdef(oid) FROM relation WHERE relkind IN ('v', 'm')
UNION ALL
SELECT
    name,
    ROW(pg_get_userbyid(proowner),
        CASE WHEN prokind = 'a'
             THEN ROW(aggkind, aggtransfn, aggfinalfn, aggcombinefn, format_type(aggtranstype, NULL), agginitval)::text
             ELSE pg_get_functiondef(routine.oid) END)::text
FROM routine
LEFT JOIN pg_aggregate ON aggfnoid = routine.oid
UNION ALL
SELECT format('trigger %I on %s', tgname, name), ROW(pg_get_triggerdef(pg_trigger.oid), tgenabled)::text
FROM pg_trigger
JOIN relation ON relation.oid = tgrelid
WHERE NOT tgisinternal
UNION ALL
SELECT format('rule %I on %s', rulename, name), ROW(pg_get_ruledef(pg_rewrite.oid), ev_enabled)::text
FROM pg_rewrite
JOIN relation ON relation.oid = ev_class
WHERE rulename <> '_RETURN'
UNION ALL
SELECT
    format('policy %I on %s', polname, name),
    ROW(polcmd, polpermissive,
        (SELECT array_agg(role::regrole::text ORDER BY role::regrole::text COLLATE "C") FROM unnest(polroles) AS role),
        pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid))::text
FROM pg_policy
JOIN relation ON relation.oid = polrelid
UNION ALL
SELECT
    format('event trigger %I', evtname),
    ROW(evtevent, pg_get_userbyid(evtowner), evtfoid::regprocedure, evtenabled, evttags)::text
FROM pg_event_trigger
UNION ALL
SELECT
    name,
    ROW(typtype, pg_get_userbyid(typowner), format_type(nullif(typbasetype, 0), typtypmod), typnotnull, typdefault,
        CASE typcollation WHEN 0 THEN NULL ELSE typcollation::regcollation END,
        format_type(rngsubtype, NULL), nullif(rngcollation, 0)::regcollation, rngcanonical, rngsubdiff,
        (SELECT array_agg(enumlabel ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = kind.oid))::text
FROM kind
LEFT JOIN pg_range ON rngtypid = kind.oid
UNION ALL
SELECT
    'sequence ' || name,
    ROW(seqtypid::regtype, seqstart, seqincrement, seqmin, seqmax, seqcache, seqcycle,
        (SELECT format('%s.%I', refobjid::regclass, attname)
         FROM pg_depend
         JOIN pg_attribute ON attrelid = refobjid AND attnum = refobjsubid
         WHERE classid = 'pg_class'::regclass AND objid = seqrelid AND deptype IN ('a', 'i')))::text
FROM pg_sequence
JOIN relation ON relation.oid = seqrelid
UNION ALL
SELECT format('extension %I', extname), extnamespace::regnamespace::text FROM pg_extension
UNION ALL
SELECT format('version of extension %I', extname), extversion FROM pg_extension
UNION ALL
SELECT
    format('collation %I.%I', nspname, collname),
    ROW(pg_get_userbyid(collowner), collprovider, collisdeterministic, collcollate, collctype,
        coalesce(word ->> 'colllocale', word ->> 'colliculocale'), word ->> 'collicurules')::text
FROM pg_collation
CROSS JOIN LATERAL to_jsonb(pg_collation) AS word
JOIN space ON space.oid = collnamespace
UNION ALL
SELECT
    'operator ' || pg_operator.oid::regoperator,
    ROW(pg_get_userbyid(oprowner), oprcode, oprrest, oprjoin, oprcanmerge, oprcanhash, oprcom::regoperator,
        oprnegate::regoperator)::text
FROM pg_operator
JOIN space ON space.oid = oprnamespace
WHERE (pg_operator.tableoid, pg_operator.oid) NOT IN (TABLE member)
UNION ALL
SELECT
    format('cast from %s to %s', castsource::regtype, casttarget::regtype),
    ROW(castfunc::regprocedure, castcontext, castmethod)::text
FROM pg_cast
WHERE oid >= 16384 AND (tableoid, oid) NOT IN (TABLE member)
UNION ALL
SELECT
    format('text search configuration %I.%I', nspname, cfgname),
    ROW(pg_get_userbyid(cfgowner), prsname,
        (SELECT array_agg(ROW(maptokentype, mapseqno, mapdict::regdictionary) ORDER BY maptokentype, mapseqno)
         FROM pg_ts_config_map WHERE mapcfg = pg_ts_config.oid))::text
FROM pg_ts_config
JOIN pg_ts_parser ON pg_ts_parser.oid = cfgparser
JOIN space ON space.oid = cfgnamespace
UNION ALL
SELECT
    format('publication %I', pubname),
    ROW(puballtables, pubinsert, pubupdate, pubdelete, pubtruncate, pubviaroot,
        (SELECT array_agg(pnnspid::regnamespace::text ORDER BY pnnspid::regnamespace::text COLLATE "C")
         FROM pg_publication_namespace WHERE pnpubid = pg_publication.oid),
        (SELECT array_agg(ROW(prrelid::regclass::text, pg_get_expr(prqual, prrelid),
                              (SELECT array_agg(attname ORDER BY attname) FROM pg_attribute
                               WHERE attrelid = prrelid AND attnum = ANY (prattrs)))
                          ORDER BY prrelid::regclass::text COLLATE "C")
         FROM pg_publication_rel WHERE prpubid = pg_publication.oid))::text
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
    'owners of large objects',
    ROW(count(*), sum(hashtextextended(ROW(oid, pg_get_userbyid(lomowner))::text, 0)))::text
FROM pg_largeobject_metadata
