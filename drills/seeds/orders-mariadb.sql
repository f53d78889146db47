-- A small shop: one of each thing that a restore can leave behind. As the application's role, in its own database.
CREATE TABLE customers (
    id BIGINT AUTO_INCREMENT PRIMARY KEY,
    name VARCHAR(100) NOT NULL,
    credit DOUBLE,
    UNIQUE KEY customers_by_name (name)
);
CREATE TABLE orders (
    number BIGINT AUTO_INCREMENT PRIMARY KEY,
    customer BIGINT NOT NULL REFERENCES customers (id),
    state ENUM ('ordered', 'paid', 'sent') NOT NULL,
    amount DECIMAL(10, 2) NOT NULL CHECK (amount > 0),
    ordered TIMESTAMP(3) NOT NULL,
    note JSON,
    KEY orders_by_customer (customer, ordered),
    KEY orders_by_state (state)
);
CREATE TABLE changes (number BIGINT NOT NULL, was DECIMAL(10, 2), KEY changes_by_number (number));
CREATE SEQUENCE invoice_numbers START WITH 1000;

CREATE VIEW turnover AS SELECT customer, SUM(amount) AS amount FROM orders GROUP BY customer;
CREATE FUNCTION open_orders() RETURNS BIGINT READS SQL DATA RETURN (SELECT COUNT(*) FROM orders WHERE state = 'ordered');
CREATE PROCEDURE settle(IN settled BIGINT) UPDATE orders SET state = 'paid' WHERE number = settled;
CREATE TRIGGER orders_changed AFTER UPDATE ON orders FOR EACH ROW INSERT INTO changes VALUES (OLD.number, OLD.amount);
CREATE EVENT forget_changes ON SCHEDULE EVERY 1 DAY DO DELETE FROM changes;

INSERT INTO customers (name, credit) SELECT CONCAT('Customer ', MD5(seq)), seq / 7 FROM seq_1_to_1000;
INSERT INTO orders (customer, state, amount, ordered, note)
SELECT 1 + seq MOD 1000, 1 + seq MOD 3, 1 + seq MOD 100, '2026-01-01 00:00:00.125' + INTERVAL seq MINUTE,
    JSON_OBJECT('position', seq)
FROM seq_1_to_10000;
SELECT NEXTVAL(invoice_numbers);
