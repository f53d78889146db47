-- What all databases of a cluster share, as (object, definition). Free of OIDs, so that it survives a dump.
WITH privilege (object, acl, standard) AS (
    SELECT format('database %I', datname), datacl, acldefault('d', datdba) FROM pg_database
    UNION ALL
    SELECT format('tablespace %I', spcname), spcacl, acldefault('t', spcowner) FROM pg_tablespace
)
-- A password counts only as a salted SCRAM verifier: the digest of an unsalted one could be guessed at.
SELECT
    format('role %I', rolname),
    concat_ws('|', rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication, rolbypassrls,
              rolconnlimit, coalesce(rolvaliduntil::text, 'for ever'),
              CASE WHEN rolpassword LIKE 'SCRAM-SHA-256$%' THEN rolpassword ELSE (rolpassword IS NOT NULL)::text END)
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
    (SELECT string_agg(item, chr(10) ORDER BY item COLLATE "C") FROM unnest(setconfig) AS item)
FROM pg_db_role_setting
LEFT JOIN pg_roles ON pg_roles.oid = setrole
LEFT JOIN pg_database ON pg_database.oid = setdatabase
UNION ALL
SELECT
    format('database %I', datname),
    concat_ws('|', pg_get_userbyid(datdba), pg_encoding_to_char(encoding), datcollate, datctype, datistemplate,
              datallowconn, datconnlimit, spcname)
FROM pg_database
JOIN pg_tablespace ON pg_tablespace.oid = dattablespace
UNION ALL
SELECT format('tablespace %I', spcname), concat_ws('|', pg_get_userbyid(spcowner), spcoptions::text) FROM pg_tablespace
UNION ALL
SELECT 'privileges on ' || object, nullif(sorted.acl, sorted.standard)
FROM privilege
CROSS JOIN LATERAL (
    SELECT
        (SELECT string_agg(item::text, ',' ORDER BY item::text COLLATE "C") FROM unnest(acl) AS item) AS acl,
        (SELECT string_agg(item::text, ',' ORDER BY item::text COLLATE "C") FROM unnest(standard) AS item) AS standard
) AS sorted
