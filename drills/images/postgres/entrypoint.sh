#!/bin/sh
# Start PostgreSQL on $PGDATA, making the cluster first where there is none: the official image's contract.
#
#   POSTGRES_PASSWORD_FILE  file with the superuser's password (or POSTGRES_PASSWORD); needed to make a cluster
#   POSTGRES_USER           the superuser's name; default postgres
#   POSTGRES_DB             the first database; default the superuser's name
#   POSTGRES_INITDB_ARGS    more arguments for initdb
#
# Arguments: a command, or options for `postgres`, such as -c archive_mode=on.
set -eu

case "${1:-postgres}" in
    -*) set -- postgres "$@" ;;
    postgres) ;;
    *) exec "$@" ;;
esac

# Started as root: hand the volumes over, then begin again as postgres.
if [ "$(id -u)" = 0 ]; then
    install -d -o postgres -g postgres -m 0700 "$PGDATA"
    install -d -o postgres -g postgres -m 2775 /var/run/postgresql
    # Only what has another owner: a restored volume holds thousands of files, and a repository may be read-only.
    find "$PGDATA" /var/lib/pgbackrest ! -user postgres -exec chown postgres:postgres {} +
    exec setpriv --reuid=postgres --regid=postgres --init-groups env HOME=/var/lib/postgresql "$0" "$@"
fi

make_cluster() {
    user=${POSTGRES_USER:-postgres}
    database=${POSTGRES_DB:-$user}
    if [ -n "${POSTGRES_PASSWORD_FILE:-}" ]; then
        password=$(cat "$POSTGRES_PASSWORD_FILE")
    else
        password=${POSTGRES_PASSWORD:-}
    fi
    if [ -z "$password" ]; then
        echo "entrypoint: no password for the superuser: set POSTGRES_PASSWORD_FILE" >&2
        exit 1
    fi
    # --data-checksums: without them neither a backup nor the server can tell a flipped byte.
    # --auth-local=trust: whoever is inside the container is already root or postgres.
    # A here-document, not an argument: arguments are visible to everybody in the process list.
    # shellcheck disable=SC2086 - POSTGRES_INITDB_ARGS is a list of words
    initdb --username="$user" --pwfile=/dev/stdin --encoding=UTF8 --locale=C.UTF-8 --data-checksums \
        --auth-local=trust --auth-host=scram-sha-256 ${POSTGRES_INITDB_ARGS:-} <<EOF
$password
EOF
    echo "host all all all scram-sha-256" >> "$PGDATA/pg_hba.conf"
    if [ "$database" != postgres ]; then
        echo "CREATE DATABASE \"$database\"" | postgres --single -D "$PGDATA" postgres > /dev/null
    fi
}

[ -s "$PGDATA/PG_VERSION" ] || make_cluster
unset POSTGRES_PASSWORD
exec "$@"
