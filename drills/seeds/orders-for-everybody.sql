-- What clients of a shop run: each call places an order, every third one of more than 100.
CREATE SCHEMA store;
CREATE TABLE store.orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, amount int NOT NULL);
CREATE SEQUENCE store.amounts;
CREATE FUNCTION store.place_order() RETURNS bigint LANGUAGE sql AS $$
    INSERT INTO store.orders (amount)
    SELECT 50 * (1 + nextval('store.amounts') % 3)
    RETURNING id
$$;
