-- What an account manager keeps: people's accounts, what they may do, where they signed in. The size is an argument of
-- accounts.seed(); the same size gives the same rows.
CREATE SCHEMA accounts;

CREATE TABLE accounts.account (
    id bigint PRIMARY KEY,
    email text NOT NULL UNIQUE,
    password_hash text NOT NULL,
    state text NOT NULL CHECK (state IN ('active', 'locked', 'closed')),
    created timestamptz NOT NULL
);
CREATE TABLE accounts.role (name text PRIMARY KEY, may text[] NOT NULL);
CREATE TABLE accounts.granted (
    account bigint NOT NULL REFERENCES accounts.account ON DELETE CASCADE,
    role text NOT NULL REFERENCES accounts.role,
    PRIMARY KEY (account, role)
);
CREATE TABLE accounts.sign_in (
    account bigint NOT NULL REFERENCES accounts.account ON DELETE CASCADE,
    at timestamptz NOT NULL,
    address inet NOT NULL
);
CREATE INDEX sign_in_by_account ON accounts.sign_in (account, at);

CREATE FUNCTION accounts.seed(number int) RETURNS void LANGUAGE sql AS $$
    INSERT INTO accounts.role VALUES
        ('reader', '{read}'), ('writer', '{read,write}'), ('owner', '{read,write,invite,delete}');
    INSERT INTO accounts.account
    SELECT n, format('person-%s@example.com', n), encode(sha256(n::text::bytea), 'hex'),
           CASE WHEN n % 97 = 0 THEN 'closed' WHEN n % 53 = 0 THEN 'locked' ELSE 'active' END,
           '2022-03-01 08:00+00'::timestamptz + n * interval '11 minutes'
    FROM generate_series(1, number) AS n;
    INSERT INTO accounts.granted
    SELECT id, (ARRAY['reader', 'writer', 'owner'])[1 + id % 3] FROM accounts.account;
    INSERT INTO accounts.sign_in
    SELECT id, created + step * interval '13 hours', format('192.0.2.%s', 1 + (id + step) % 254)::inet
    FROM accounts.account, generate_series(1, 5) AS step;
$$;
