#!/bin/sh
# Start MariaDB on its data directory, making system tables, roles and database first where there are none: the official
# image's contract.
#
#   MARIADB_ROOT_PASSWORD_FILE  file with the password of root@% (or MARIADB_ROOT_PASSWORD); needed the first time
#   MARIADB_USER                a role that may do everything in MARIADB_DATABASE; its password is in the file
#   MARIADB_PASSWORD_FILE       (or in MARIADB_PASSWORD)
#   MARIADB_DATABASE            the first database
#
# Arguments: a command, or options for `mariadbd`, such as --log-bin=binlog.
set -eu

case "${1:-mariadbd}" in
    -*) set -- mariadbd "$@" ;;
    mariadbd) ;;
    *) exec "$@" ;;
esac

data=/var/lib/mysql

# The content of a variable, or of the file that it names, as a literal of SQL.
secret() {
    eval "file=\${$1_FILE:-} value=\${$1:-}"
    [ -z "$file" ] || value=$(cat "$file")
    [ -n "$value" ] || { echo "entrypoint: no password: set $1_FILE" >&2; exit 1; }
    printf "'%s'" "$(printf %s "$value" | sed "s/[\\\\']/&&/g")"
}

make_database() {
    root=$(secret MARIADB_ROOT_PASSWORD)
    user=${MARIADB_USER:+$(secret MARIADB_PASSWORD)}
    # Flushing each statement would take seconds; a first start that breaks off is begun anew, on an empty volume.
    mariadb-install-db --user=mysql --datadir=$data --skip-test-db --auth-root-authentication-method=socket \
        --innodb-flush-log-at-trx-commit=0 > /dev/null
    # One statement a line: that is how --bootstrap reads.
    {
        echo "FLUSH PRIVILEGES;"
        echo "CREATE USER root@'%' IDENTIFIED BY $root;"
        echo "GRANT ALL ON *.* TO root@'%' WITH GRANT OPTION;"
        [ -z "${MARIADB_DATABASE:-}" ] || echo "CREATE DATABASE \`$MARIADB_DATABASE\`;"
        [ -z "$user" ] || echo "CREATE USER \`$MARIADB_USER\`@'%' IDENTIFIED BY $user;"
        [ -z "$user" ] || [ -z "${MARIADB_DATABASE:-}" ] ||
            echo "GRANT ALL ON \`$MARIADB_DATABASE\`.* TO \`$MARIADB_USER\`@'%';"
    } | mariadbd --user=mysql --bootstrap
}

install -d -o mysql -g mysql -m 0755 /run/mysqld
install -d -o mysql -g mysql -m 0700 $data
find $data ! -user mysql -exec chown --no-dereference mysql:mysql {} +
[ -d $data/mysql ] || make_database
unset MARIADB_ROOT_PASSWORD MARIADB_PASSWORD
exec setpriv --reuid=mysql --regid=mysql --init-groups env HOME=$data "$@"
