-- A history for the version store: so many people who commit so often to `main`, each tenth commit on a branch of its
-- own that is merged and dropped, and one branch, `legacy`, that nobody merged. The same arguments give the same hashes.
CREATE FUNCTION vs.seed(people int, commits int, definitions int) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    began constant timestamptz := '2024-01-08 09:00+00';
    at timestamptz;
    author text;
    branch text;
    change jsonb;
BEGIN
    INSERT INTO vs.person SELECT format('p%s', n), format('Person %s', n), format('person-%s@example.com', n)
    FROM generate_series(1, people) AS n;
    PERFORM vs.commit_to('main', 'p1', began, 'Begin', jsonb_object_agg(
        format('sales.table_%s', n), format('CREATE TABLE sales.table_%s (id bigint PRIMARY KEY, c%s text)', n, n)))
    FROM generate_series(1, definitions) AS n;
    FOR n IN 1..commits LOOP
        at := began + n * interval '37 minutes';
        author := format('p%s', 1 + n % people);
        branch := CASE WHEN n % 10 = 0 THEN format('feature-%s', n) ELSE 'main' END;
        IF n = commits / 2 THEN
            PERFORM vs.move('legacy', vs.head('main'));
        END IF;
        IF branch <> 'main' THEN
            PERFORM vs.move(branch, vs.head('main'));
        END IF;
        change := jsonb_build_object(format('sales.table_%s', 1 + n * 7 % definitions),
            format('CREATE TABLE sales.table_%s (id bigint PRIMARY KEY, c text, version_%s int)',
                   1 + n * 7 % definitions, n));
        PERFORM vs.commit_to(branch, author, at, format('Change %s', n), change);
        IF branch <> 'main' THEN
            PERFORM vs.merge('main', branch, author, at + interval '5 minutes');
            PERFORM vs.drop_branch(branch);
        END IF;
    END LOOP;
    PERFORM vs.commit_to('legacy', 'p1', at, 'Drop what nobody should need',
        jsonb_object_agg(format('sales.table_%s', n), NULL))
    FROM generate_series(1, definitions / 2) AS n;
END $$;
