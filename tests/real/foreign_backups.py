"""Backups as somebody else makes them: by hand, with PostgreSQL's and pgBackRest's own tools, in a container apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import docker

if TYPE_CHECKING:
    from pathlib import Path

IMAGE, OLD_IMAGE = "drillmaster/postgres:15", "drillmaster/postgres:13"
PASSPHRASE = "correct horse battery staple"
# Its own paths, stanza and configuration; nothing of the project's playbooks. The server is gone when it ends.
BY_HAND = rf"""
set -eu
chmod 0755 /out
mkdir /out/pgbackrest /out/encrypted /out/dumps /out/base /out/wal /srv/data
chown postgres /out/* /srv/data
cat > /etc/pgbackrest/pgbackrest.conf <<'EOF'
[global]
repo1-path=/out/pgbackrest
repo2-path=/out/encrypted
repo2-cipher-type=aes-256-cbc
repo2-cipher-pass={PASSPHRASE}
start-fast=y
log-level-console=warn
log-level-file=off
[shop]
pg1-path=/srv/data
EOF
cat > /tmp/by-hand.sh <<'EOF'
set -eu
initdb --pgdata=/srv/data --encoding=UTF8 --locale=C.UTF-8 --data-checksums --auth=trust > /dev/null
echo "listen_addresses = ''
archive_mode = on
archive_command = 'pgbackrest --stanza=shop archive-push %p && cp %p /out/wal/%f'" >> /srv/data/postgresql.conf
pg_ctl start --pgdata=/srv/data --wait --log=/tmp/log > /dev/null
pgbackrest --stanza=shop stanza-create
createdb shop
pgbench -i -q -s 1 shop
psql -q shop -c "CREATE TABLE beats (at timestamptz NOT NULL)"
pgbackrest --stanza=shop --repo=1 --type=full backup
pgbackrest --stanza=shop --repo=2 --type=full backup
pg_basebackup --pgdata=/out/base/plain --checkpoint=fast --wal-method=stream
sleep 1
pg_basebackup --pgdata=/out/base/tar --checkpoint=fast --format=tar --gzip
psql -q shop -c 'CREATE ROLE "Odd role"; ALTER TABLE beats OWNER TO "Odd role"; GRANT SELECT ON beats TO pg_monitor;
CREATE ROLE reader; GRANT SELECT ON beats TO reader WITH GRANT OPTION'
for batch in 1 2 3 4; do
    psql -q shop -c "INSERT INTO beats VALUES (clock_timestamp())"
    psql -q shop -c "SELECT pg_switch_wal()" > /dev/null
done
pgbackrest --stanza=shop --repo=1 --type=incr backup
psql -q shop -c "INSERT INTO beats VALUES (clock_timestamp())"
pg_dump --format=custom --file=/out/dumps/shop.dump shop
createdb more
psql -q more -c "CREATE TABLE notes AS SELECT 'kept' AS note"
pg_dump --verbose more 2> /dev/null | gzip > /out/dumps/more.sql.gz
pg_dump --format=directory --file=/out/dumps/shop-directory shop
pg_ctl stop --pgdata=/srv/data --mode=fast > /dev/null
EOF
setpriv --reuid=postgres --regid=postgres --init-groups env HOME=/tmp sh /tmp/by-hand.sh
"""  # noqa: S608 - a script of constants
# Barman on a machine of its own, with WAL in gzip; its files belong to a user whom the lab does not know.
BARMAN_IMAGE = "drillmaster/barman:15"
BY_BARMAN = r"""
set -eu
chmod 0755 /out
mkdir -p /out/barman /srv/data
chown postgres /out/barman /srv/data
cat > /etc/barman.conf <<'EOF'
[barman]
barman_user = postgres
barman_home = /out/barman
log_level = WARNING
[orders]
description = orders
conninfo = host=/var/run/postgresql user=postgres
streaming_conninfo = host=/var/run/postgresql user=postgres
backup_method = postgres
archiver = on
compression = gzip
immediate_checkpoint = true
EOF
cat > /tmp/by-barman.sh <<'EOF'
set -eu
initdb --pgdata=/srv/data --encoding=UTF8 --locale=C.UTF-8 --data-checksums --auth=trust > /dev/null
echo "listen_addresses = ''
archive_mode = on
archive_command = 'cp %p /out/barman/orders/incoming/%f'" >> /srv/data/postgresql.conf
mkdir -p /out/barman/orders/incoming
pg_ctl start --pgdata=/srv/data --wait --log=/tmp/log > /dev/null
createdb shop
pgbench -i -q -s 1 shop
psql -q shop -c "CREATE TABLE beats (at timestamptz NOT NULL)"
barman switch-wal --force --archive --archive-timeout 30 orders
for number in 1 2; do
    barman backup --wait --wait-timeout 30 orders || [ "$(barman list-backups --minimal orders | wc -l)" = $number ]
    psql -q shop -c "INSERT INTO beats VALUES (clock_timestamp())"
    psql -q shop -c "SELECT pg_switch_wal()" > /dev/null
done
psql -q shop -c "INSERT INTO beats VALUES (clock_timestamp())"
barman switch-wal --force --archive --archive-timeout 30 orders
pg_ctl stop --pgdata=/srv/data --mode=fast > /dev/null
EOF
mkdir -p /var/run/postgresql; chown postgres /var/run/postgresql
setpriv --reuid=postgres --regid=postgres --init-groups env HOME=/tmp sh /tmp/by-barman.sh
chown -R 4321:4321 /out/barman
chmod -R go= /out/barman
"""
FILES_IMAGE = "drillmaster/files:1"
BY_RESTIC = rf"""
set -eu
export RESTIC_REPOSITORY=/out/restic RESTIC_PASSWORD_FILE=/tmp/password
echo '{PASSPHRASE}' > /tmp/password
restic init
mkdir -p /home/app/data /empty
echo 'pool = 20' > /home/app/settings.conf
head -c 500000 /dev/urandom > /home/app/data/archive.bin
chown -R 1234:1234 /home/app
chmod 0640 /home/app/settings.conf
restic backup --host app /home/app
echo 'pool = 30' > /home/app/settings.conf
restic backup --host app /home/app
restic backup --host other /empty
chown -R 4321:4321 /out/restic
chmod -R go= /out/restic
"""
REDIS_IMAGE = "drillmaster/redis:7"
BY_REDIS = r"""
set -eu
mkdir -p /out/redis /tmp/data
redis-server --dir /tmp/data --save '' --port 6390 --daemonize yes > /dev/null
until redis-cli -p 6390 ping > /dev/null 2>&1; do sleep 0.1; done
redis-cli -p 6390 save > /dev/null
cp /tmp/data/dump.rdb /out/redis-empty.rdb
for number in $(seq 50); do echo "SET session:$number value$number"; done | redis-cli -p 6390 > /dev/null
redis-cli -p 6390 save > /dev/null
cp /tmp/data/dump.rdb /out/redis/monday.rdb
sleep 1.1
redis-cli -p 6390 RPUSH job:mail a b c > /dev/null
redis-cli -p 6390 save > /dev/null
gzip -c /tmp/data/dump.rdb > /out/redis/tuesday.rdb.gz
chown -R 4321:4321 /out/redis
chmod -R go= /out/redis
"""


def make(folder: Path, script: str = BY_HAND, image: str = IMAGE) -> Path:
    """Make the backups below `folder`, an empty one of this machine; return it."""
    docker.from_env().containers.run(
        image,
        entrypoint=["bash", "-c", script],
        volumes={str(folder): {"bind": "/out", "mode": "rw"}},
        network_mode="none",
        remove=True,
        tmpfs={"/var/lib/postgresql/data": ""},  # else the image's volume stays, without a name
        labels={"drillmaster.test": "foreign-backups"},
    )
    return folder


def traces(folder: Path) -> dict[str, tuple[object, ...]]:
    """Return what would change if anything was written below `folder`: sizes, times, modes and owners, by path."""
    return {
        str(path.relative_to(folder)): (seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns, seen.st_mode, seen.st_uid)
        for path in (folder, *sorted(folder.rglob("*")))
        for seen in [path.lstat()]
    }
