-- A store that keeps versions of schemas as git keeps files: objects named by the hash of their content, commits that
-- name their parents, branches that name a commit. One transaction, as the superuser.
--
-- A blob's content is a definition; a tree's is one line per definition, sorted by name; a commit's is its tree, its
-- parents, its author's key, its time and its message. So a commit's hash covers everything before it.
CREATE SCHEMA vs;

CREATE TABLE vs.object (
    hash bytea PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('blob', 'tree', 'commit')),
    content text NOT NULL
);
-- What the commits' contents say of their parents, as rows: to walk the history by.
CREATE TABLE vs.parent (
    child bytea NOT NULL REFERENCES vs.object,
    position smallint NOT NULL,
    parent bytea NOT NULL REFERENCES vs.object,
    PRIMARY KEY (child, position)
);
CREATE INDEX parent_by_parent ON vs.parent (parent);
CREATE TABLE vs.branch (name text PRIMARY KEY, head bytea NOT NULL REFERENCES vs.object);
-- Commits name their author by a key that tells nothing: a person can be forgotten, and no hash changes.
CREATE TABLE vs.person (key text PRIMARY KEY, name text NOT NULL, email text NOT NULL);
-- Numbered without a gap, each entry with the hash of the one before.
CREATE TABLE vs.audit (
    number bigint PRIMARY KEY,
    at timestamptz NOT NULL,
    action text NOT NULL,
    subject text NOT NULL,
    before bytea,
    after bytea,
    digest bytea NOT NULL
);

-- Objects -----------------------------------------------------------------------------------------------------------

CREATE FUNCTION vs.hash_of(kind text, content text) RETURNS bytea LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN sha256(convert_to(kind || ' ' || octet_length(content) || E'\n' || content, 'UTF8'));

CREATE FUNCTION vs.put(kind text, content text) RETURNS bytea LANGUAGE sql AS $$
    INSERT INTO vs.object VALUES (vs.hash_of(kind, content), kind, content) ON CONFLICT DO NOTHING;
    SELECT vs.hash_of(kind, content);
$$;

CREATE FUNCTION vs.content(wanted bytea) RETURNS text LANGUAGE sql STABLE STRICT
RETURN (SELECT content FROM vs.object WHERE hash = wanted);

-- `definitions` is {name: definition}.
CREATE FUNCTION vs.put_tree(definitions jsonb) RETURNS bytea LANGUAGE sql AS $$
    SELECT vs.put('tree', coalesce(string_agg(
        encode(vs.put('blob', definition), 'hex') || ' ' || name, E'\n' ORDER BY name COLLATE "C"), ''))
    FROM jsonb_each_text(definitions) AS entry (name, definition);
$$;

CREATE FUNCTION vs.entries(tree bytea) RETURNS TABLE (name text, blob bytea) LANGUAGE sql STABLE STRICT AS $$
    SELECT substr(line, 66), decode(left(line, 64), 'hex')
    FROM string_to_table(nullif(vs.content(tree), ''), E'\n') AS line;
$$;

CREATE FUNCTION vs.definitions(tree bytea) RETURNS jsonb LANGUAGE sql STABLE STRICT
RETURN (SELECT coalesce(jsonb_object_agg(name, vs.content(blob)), '{}') FROM vs.entries(tree));

-- Commits -----------------------------------------------------------------------------------------------------------

CREATE FUNCTION vs.put_commit(tree bytea, parents bytea[], author text, at timestamptz, message text)
RETURNS bytea LANGUAGE plpgsql AS $$
DECLARE
    stored bytea := vs.put('commit', concat_ws(E'\n',
        'tree ' || encode(tree, 'hex'),
        (SELECT string_agg('parent ' || encode(one, 'hex'), E'\n' ORDER BY place)
         FROM unnest(parents) WITH ORDINALITY AS listed (one, place)),
        'author ' || author,
        'time ' || to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
        '', message));
BEGIN
    INSERT INTO vs.parent SELECT stored, place, one FROM unnest(parents) WITH ORDINALITY AS listed (one, place)
    ON CONFLICT DO NOTHING;
    RETURN stored;
END $$;

CREATE FUNCTION vs.tree_of(made bytea) RETURNS bytea LANGUAGE sql STABLE STRICT
RETURN decode(substring(vs.content(made) FROM '^tree ([0-9a-f]{64})'), 'hex');

-- As the content tells them, whatever vs.parent says.
CREATE FUNCTION vs.parents_of(made bytea) RETURNS SETOF bytea LANGUAGE sql STABLE STRICT AS $$
    SELECT decode(found[1], 'hex')
    FROM regexp_matches(split_part(vs.content(made), E'\n\n', 1), '^parent ([0-9a-f]{64})$', 'gn') AS found;
$$;

CREATE FUNCTION vs.author_of(made bytea) RETURNS text LANGUAGE sql STABLE STRICT
RETURN substring(vs.content(made) FROM E'\nauthor ([^\n]+)');

CREATE FUNCTION vs.history(made bytea) RETURNS SETOF bytea LANGUAGE sql STABLE STRICT AS $$
    WITH RECURSIVE walked AS (
        SELECT made AS hash
        UNION
        SELECT parent FROM vs.parent, walked WHERE child = walked.hash
    )
    SELECT hash FROM walked;
$$;

CREATE FUNCTION vs.is_ancestor(older bytea, younger bytea) RETURNS boolean LANGUAGE sql STABLE STRICT
RETURN older IN (SELECT vs.history(younger));

-- Branches ----------------------------------------------------------------------------------------------------------

CREATE FUNCTION vs.note(action text, subject text, before bytea DEFAULT NULL, after bytea DEFAULT NULL)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    last record;
    moment timestamptz := clock_timestamp();
BEGIN
    -- One at a time: two entries must not follow the same one.
    LOCK TABLE vs.audit IN EXCLUSIVE MODE;
    SELECT number, digest INTO last FROM vs.audit ORDER BY number DESC LIMIT 1;
    INSERT INTO vs.audit VALUES (coalesce(last.number, 0) + 1, moment, action, subject, before, after,
        vs.entry_digest(last.digest, moment, action, subject, before, after));
END $$;

CREATE FUNCTION vs.entry_digest(previous bytea, at timestamptz, action text, subject text, before bytea, after bytea)
RETURNS bytea LANGUAGE sql IMMUTABLE
RETURN sha256(convert_to(concat_ws('|', encode(previous, 'hex'), extract(epoch FROM at), action, subject,
    encode(before, 'hex'), encode(after, 'hex')), 'UTF8'));

CREATE FUNCTION vs.head(named text) RETURNS bytea LANGUAGE sql STABLE STRICT
RETURN (SELECT head FROM vs.branch WHERE name = named);

CREATE FUNCTION vs.move(moved text, target bytea) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    before bytea := vs.head(moved);
BEGIN
    INSERT INTO vs.branch VALUES (moved, target) ON CONFLICT (name) DO UPDATE SET head = target;
    PERFORM vs.note(CASE WHEN before IS NULL THEN 'create' ELSE 'move' END, moved, before, target);
END $$;

CREATE FUNCTION vs.drop_branch(dropped text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    before bytea := vs.head(dropped);
BEGIN
    DELETE FROM vs.branch WHERE name = dropped;
    PERFORM vs.note('drop', dropped, before);
END $$;

-- Lay `changed` ({name: definition, or null to drop it}) over the branch's definitions.
CREATE FUNCTION vs.commit_to(branch text, author text, at timestamptz, message text, changed jsonb)
RETURNS bytea LANGUAGE plpgsql AS $$
DECLARE
    before bytea := vs.head(branch);
    made bytea := vs.put_commit(
        vs.put_tree(jsonb_strip_nulls(coalesce(vs.definitions(vs.tree_of(before)), '{}') || changed)),
        array_remove(ARRAY[before], NULL), author, at, message);
BEGIN
    PERFORM vs.move(branch, made);
    RETURN made;
END $$;

CREATE FUNCTION vs.checkout(branch text) RETURNS TABLE (name text, definition text) LANGUAGE sql STABLE STRICT AS $$
    SELECT entry.name, vs.content(entry.blob) FROM vs.entries(vs.tree_of(vs.head(branch))) AS entry;
$$;

CREATE FUNCTION vs.diff(older bytea, younger bytea) RETURNS TABLE (name text, change text) LANGUAGE sql STABLE AS $$
    SELECT coalesce(a.name, b.name),
           CASE WHEN a.name IS NULL THEN 'added' WHEN b.name IS NULL THEN 'dropped' ELSE 'changed' END
    FROM vs.entries(vs.tree_of(older)) AS a FULL JOIN vs.entries(vs.tree_of(younger)) AS b USING (name)
    WHERE a.blob IS DISTINCT FROM b.blob;
$$;

-- `theirs`: the other branch's definitions take the place of all of ours; else ours are laid over theirs.
CREATE FUNCTION vs.merge(ours text, theirs text, author text, at timestamptz, take text DEFAULT 'ours')
RETURNS bytea LANGUAGE plpgsql AS $$
DECLARE
    merged jsonb := vs.definitions(vs.tree_of(vs.head(theirs)));
    made bytea;
BEGIN
    IF take <> 'theirs' THEN
        merged := merged || vs.definitions(vs.tree_of(vs.head(ours)));
    END IF;
    made := vs.put_commit(vs.put_tree(merged), ARRAY[vs.head(ours), vs.head(theirs)], author, at,
        format('Merge %s into %s', theirs, ours));
    PERFORM vs.move(ours, made);
    RETURN made;
END $$;

-- Begin the branch anew with what it holds now, as one commit without a past: what people call "squash the history".
CREATE FUNCTION vs.squash(squashed text, author text, at timestamptz) RETURNS bytea LANGUAGE plpgsql AS $$
DECLARE
    made bytea := vs.put_commit(vs.tree_of(vs.head(squashed)), '{}', author, at, 'One commit, for a clean history');
BEGIN
    PERFORM vs.move(squashed, made);
    RETURN made;
END $$;

-- Delete what no branch leads to; return how many objects that was.
CREATE FUNCTION vs.prune() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    pruned bigint;
BEGIN
    CREATE TEMPORARY TABLE reached ON COMMIT DROP AS SELECT hash FROM vs.reachable() AS hash;
    DELETE FROM vs.parent WHERE child NOT IN (SELECT hash FROM reached);
    DELETE FROM vs.object WHERE hash NOT IN (SELECT hash FROM reached);
    GET DIAGNOSTICS pruned = ROW_COUNT;
    PERFORM vs.note('prune', pruned || ' objects');
    RETURN pruned;
END $$;

CREATE FUNCTION vs.reachable() RETURNS SETOF bytea LANGUAGE sql STABLE AS $$
    WITH made AS (SELECT DISTINCT walked AS hash FROM vs.branch, vs.history(head) AS walked),
         trees AS (SELECT DISTINCT vs.tree_of(hash) AS hash FROM made)
    SELECT hash FROM made UNION SELECT hash FROM trees UNION SELECT blob FROM trees, vs.entries(trees.hash);
$$;

-- Erasure -----------------------------------------------------------------------------------------------------------

-- The register lies outside of the database: a recovery to an earlier moment brings people back, and it must not.
CREATE FUNCTION vs.erase(subject text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format($copy$COPY (SELECT %L) TO PROGRAM 'cat >> /var/lib/erasures/register'$copy$, subject);
    PERFORM vs.forget(subject);
END $$;

CREATE FUNCTION vs.forget(subject text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM vs.person WHERE key = subject;
    IF FOUND THEN
        PERFORM vs.note('erase', subject);
    END IF;
END $$;

CREATE FUNCTION vs.to_be_erased() RETURNS SETOF text LANGUAGE sql STABLE
RETURN string_to_table(rtrim(pg_read_file('/var/lib/erasures/register'), E'\n'), E'\n');

CREATE FUNCTION vs.replay_erasures() RETURNS bigint LANGUAGE sql AS $$
    SELECT count(*) FROM (SELECT vs.forget(subject) FROM vs.to_be_erased() AS subject) AS forgotten;
$$;

-- What must hold ----------------------------------------------------------------------------------------------------

CREATE FUNCTION vs.broken_objects() RETURNS SETOF bytea LANGUAGE sql STABLE AS $$
    SELECT hash FROM vs.object WHERE hash <> vs.hash_of(kind, content);
$$;

-- Whatever a commit, a tree or a branch names and that is not there, or is no object of that kind.
CREATE FUNCTION vs.missing_objects() RETURNS SETOF bytea LANGUAGE sql STABLE AS $$
    WITH named (hash, kind) AS (
        SELECT head, 'commit' FROM vs.branch
        UNION SELECT vs.tree_of(hash), 'tree' FROM vs.object WHERE kind = 'commit'
        UNION SELECT parent, 'commit' FROM vs.object, vs.parents_of(hash) AS parent WHERE kind = 'commit'
        UNION SELECT blob, 'blob' FROM vs.object, vs.entries(hash) WHERE kind = 'tree'
    )
    SELECT hash FROM named WHERE NOT EXISTS (SELECT FROM vs.object WHERE object.hash = named.hash
                                             AND object.kind = named.kind);
$$;

-- Commits whose parents in vs.parent are not those in their content.
CREATE FUNCTION vs.wrong_parents() RETURNS SETOF bytea LANGUAGE sql STABLE AS $$
    SELECT hash FROM vs.object WHERE kind = 'commit'
      AND ARRAY(SELECT vs.parents_of(hash)) <> ARRAY(SELECT parent FROM vs.parent WHERE child = hash ORDER BY position);
$$;

-- Entries of the audit trail that do not follow the one before.
CREATE FUNCTION vs.audit_breaks() RETURNS SETOF bigint LANGUAGE sql STABLE AS $$
    SELECT number FROM (
        SELECT *, row_number() OVER trail AS expected, lag(digest) OVER trail AS previous
        FROM vs.audit WINDOW trail AS (ORDER BY number)
    ) AS entry
    WHERE number <> expected OR digest <> vs.entry_digest(previous, at, action, subject, before, after);
$$;

CREATE FUNCTION vs.functions() RETURNS TABLE (name text, definition text) LANGUAGE sql STABLE AS $$
    SELECT oid::regprocedure::text, pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'vs'::regnamespace;
$$;
