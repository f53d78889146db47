#!/bin/sh
# Start Redis in /data: the official image's contract, and a password that nothing but a file holds.
#
#   REDIS_PASSWORD_FILE  file with the password of the user `default`; without it only this container itself is served
#
# Arguments: a command, or a configuration file or options for `redis-server`, such as --appendonly yes.
set -eu

case "${1:-redis-server}" in
    -* | *.conf) set -- redis-server "$@" ;;
    redis-server) ;;
    *) exec "$@" ;;
esac

# Started as root: hand the volumes over, then begin again as redis.
if [ "$(id -u)" = 0 ]; then
    # Only what has another owner: backups may be on a volume that can only be read.
    find /data /var/lib/redis-backups ! -user redis -exec chown redis:redis {} +
    exec setpriv --reuid=redis --regid=redis --init-groups env HOME=/data "$0" "$@"
fi

umask 0077
[ -n "${REDIS_PASSWORD_FILE:-}" ] || exec "$@"
# As configuration on standard input: arguments are visible to everybody in the process list.
exec "$@" - <<EOF
requirepass "$(sed 's/[\\"]/\\&/g' "$REDIS_PASSWORD_FILE")"
EOF
