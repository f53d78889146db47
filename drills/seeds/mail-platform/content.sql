-- The tier that keeps the bodies of mails, each under the hash of it, and templates that tenants write mails with.
CREATE SCHEMA content;

CREATE TABLE content.body (hash bytea PRIMARY KEY, body text NOT NULL);
CREATE TABLE content.template (name text PRIMARY KEY, body text NOT NULL);

CREATE FUNCTION content.altered_bodies() RETURNS bigint LANGUAGE sql STABLE
RETURN (SELECT count(*) FROM content.body WHERE hash <> seeds.digest(body));

CREATE FUNCTION content.seed(messages int, templates int) RETURNS void LANGUAGE sql AS $$
    INSERT INTO content.body SELECT seeds.digest(body), body
    FROM generate_series(1, messages) AS n, seeds.body(n) AS body ON CONFLICT DO NOTHING;
    INSERT INTO content.template SELECT format('template-%s', n), format('Dear reader, this is template %s.', n)
    FROM generate_series(1, templates) AS n;
$$;
