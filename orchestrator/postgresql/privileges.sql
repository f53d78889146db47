-- Appended to the queries that list objects as `privilege`: what was granted beyond the standard, and what revoked.
--
-- Only the difference is told: an owner's full set grows with the majors, and NULL stands for the standard.
UNION ALL
SELECT 'privileges on ' || object, string_agg(item, ',' ORDER BY item COLLATE "C")
FROM privilege
CROSS JOIN LATERAL (
    SELECT concat('+', grantee::regrole, '=', privilege_type, is_grantable, '/', grantor::regrole)
    FROM (SELECT * FROM aclexplode(acl) EXCEPT SELECT * FROM aclexplode(standard)) AS granted
    UNION ALL
    SELECT concat('-', grantee::regrole, '=', privilege_type)
    FROM (SELECT * FROM aclexplode(standard) EXCEPT SELECT * FROM aclexplode(acl)) AS revoked
    WHERE privilege_type <> 'MAINTAIN'
) AS _ (item)
WHERE acl IS NOT NULL
GROUP BY object
