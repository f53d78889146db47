-- The tier that counts mails: a hundred numbers of messages are a bucket, and a bucket is loaded once it is whole. The
-- newest bucket in analytics.load is the load's watermark. What the seeds made is loaded by the application.
CREATE SCHEMA analytics;

CREATE TABLE analytics.tenant (id int PRIMARY KEY, name text NOT NULL);
CREATE TABLE analytics.load (bucket bigint PRIMARY KEY, messages bigint NOT NULL, bytes bigint NOT NULL);
CREATE TABLE analytics.volume (
    bucket bigint NOT NULL,
    tenant int NOT NULL REFERENCES analytics.tenant,
    messages bigint NOT NULL,
    bytes bigint NOT NULL,
    PRIMARY KEY (bucket, tenant)
);

-- Buckets up to the watermark that were not loaded, or of which the tenants' sums are not what was loaded.
CREATE FUNCTION analytics.broken_buckets() RETURNS SETOF bigint LANGUAGE sql STABLE AS $$
    SELECT expected
    FROM generate_series(0, (SELECT max(bucket) FROM analytics.load)) AS expected
    LEFT JOIN analytics.load ON load.bucket = expected
    LEFT JOIN (
        SELECT bucket, sum(messages) AS messages, sum(bytes) AS bytes FROM analytics.volume GROUP BY bucket
    ) AS counted ON counted.bucket = expected
    WHERE (load.messages, load.bytes) IS DISTINCT FROM (counted.messages, counted.bytes) OR load.bucket IS NULL;
$$;

CREATE FUNCTION analytics.seed(tenants int) RETURNS void LANGUAGE sql AS $$
    INSERT INTO analytics.tenant SELECT n, format('Tenant %s', n) FROM generate_series(1, tenants) AS n;
$$;
