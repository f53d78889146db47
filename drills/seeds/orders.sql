-- A small shop: one of each thing that a restore can leave behind. One transaction, as the superuser.
CREATE ROLE reporting NOLOGIN;
CREATE ROLE clerk LOGIN IN ROLE reporting CONNECTION LIMIT 5;
-- Owns nothing and may nothing yet: only the list of roles knows of it.
CREATE ROLE auditor LOGIN;
ALTER ROLE reporting SET statement_timeout = '5min';

CREATE EXTENSION pg_trgm;
-- Used by queries only: no table depends on it.
CREATE EXTENSION pgcrypto;

CREATE SCHEMA shop;
CREATE TYPE shop.state AS ENUM ('ordered', 'paid', 'sent');

CREATE TABLE shop.customers (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL,
    clerk name NOT NULL DEFAULT 'clerk'
);
CREATE INDEX customers_by_likeness ON shop.customers USING gin (name gin_trgm_ops);

CREATE TABLE shop.orders (
    number bigint PRIMARY KEY,
    customer bigint NOT NULL REFERENCES shop.customers,
    state shop.state NOT NULL,
    amount numeric(10, 2) NOT NULL CHECK (amount > 0),
    ordered timestamptz NOT NULL
);
CREATE INDEX orders_by_customer ON shop.orders (customer, ordered);
-- Nothing owns it and no default draws from it: the application does.
CREATE SEQUENCE shop.order_numbers START 1000;

CREATE VIEW shop.turnover AS SELECT customer, sum(amount) AS amount FROM shop.orders GROUP BY customer;
CREATE FUNCTION shop.open_orders() RETURNS bigint STABLE LANGUAGE sql
    AS $$ SELECT count(*) FROM shop.orders WHERE state = 'ordered' $$;

GRANT USAGE ON SCHEMA shop TO reporting;
GRANT SELECT ON shop.orders, shop.turnover TO reporting;
ALTER TABLE shop.customers ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_customers ON shop.customers FOR SELECT TO clerk USING (clerk = current_user);

DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET work_mem = ''16MB''', current_database()); END $$;

INSERT INTO shop.customers (name) SELECT 'Customer ' || md5(n::text) FROM generate_series(1, 1000) AS n;
INSERT INTO shop.orders
SELECT
    nextval('shop.order_numbers'),
    1 + n % 1000,
    (enum_range(NULL::shop.state))[1 + n % 3],
    1 + n % 100,
    timestamptz '2026-01-01 00:00:00+00' + n * interval '1 minute'
FROM generate_series(1, 10000) AS n;
SELECT lo_from_bytea(0, decode(repeat('c0ffee', 1000), 'hex'));
