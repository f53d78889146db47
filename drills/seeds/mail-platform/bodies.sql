-- The bodies of the mails that the seeds make, for the tier that keeps them and the one that names them by their hash:
-- the same number gives the same body.
CREATE SCHEMA seeds;

CREATE FUNCTION seeds.body(message bigint) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (
    SELECT string_agg(md5(message || ' ' || line), E'\n') || E'\n'
    FROM generate_series(1, 10 + message % 20) AS line
);

CREATE FUNCTION seeds.digest(body text) RETURNS bytea LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN sha256(convert_to(body, 'UTF8'));
