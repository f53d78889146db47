-- What all databases of a cluster share, as (object, definition). Free of OIDs, so that it survives a dump.
WITH privilege (object, acl, standard) AS (
    SELECT format('database %I', datname), datacl, acldefault('d', datdba) FROM pg_database
    UNION ALL
    SELECT format('tablespace %I', spcname), spcacl, acldefault('t', spcowner) FROM pg_tablespace
)
-- A password counts only as a salted SCRAM verifier: the digest of an unsalted one could be guessed at.
SELECT
    format('role %I', rolname),
    ROW(rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication, rolbypassrls, rolconnlimit,
        rolvaliduntil,
        CASE WHEN rolpassword LIKE 'SCRAM-SHA-256$%' THEN rolpassword ELSE (rolpassword IS NOT NULL)::text END)::text
FROM pg_authid
WHERE rolname !~ '^pg_'
UNION ALL
SELECT format('membership of %I in %I', member.rolname, granted.rolname), bool_or(admin_option)::text
FROM pg_auth_members
JOIN pg_roles AS member ON member.oid = pg_auth_members.member
JOIN pg_roles AS granted ON granted.oid = roleid
WHERE member.rolname !~ '^pg_'
GROUP BY member.rolname, granted.rolname
UNION ALL
SELECT
    concat_ws(' ', 'settings', 'of role ' || quote_ident(rolname), 'in database ' || quote_ident(datname)),
    (SELECT array_agg(item ORDER BY item COLLATE "C") FROM unnest(setconfig) AS item)::text
FROM pg_db_role_setting
LEFT JOIN pg_roles ON pg_roles.oid = setrole
LEFT JOIN pg_database ON pg_database.oid = setdatabase
UNION ALL
SELECT
    format('database %I', datname),
    ROW(pg_get_userbyid(datdba), pg_encoding_to_char(encoding), datcollate, datctype, datistemplate, datallowconn,
        datconnlimit, spcname, word ->> 'datlocprovider', coalesce(word ->> 'datlocale', word ->> 'daticulocale'),
        word ->> 'daticurules')::text
FROM pg_database
-- Columns that not every major has.
CROSS JOIN LATERAL to_jsonb(pg_database) AS word
JOIN pg_tablespace ON pg_tablespace.oid = dattablespace
UNION ALL
SELECT format('tablespace %I', spcname), ROW(pg_get_userbyid(spcowner), spcoptions)::text FROM pg_tablespace
