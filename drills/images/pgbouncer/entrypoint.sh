#!/bin/sh
# Start PgBouncer in front of one PostgreSQL server.
#
#   PGBOUNCER_SERVER         the server's host name; its password is in /run/secrets/NAME_password
#   PGBOUNCER_USER           who may come in, and as whom the server is asked; default postgres
#   PGBOUNCER_PASSWORD_FILE  file with the password that clients give
#
# Arguments: `pgbouncer`, then settings as NAME=VALUE, which win over those below. Anything else is run as a command.
set -eu

case "${1:-pgbouncer}" in
    pgbouncer) [ $# = 0 ] || shift ;;
    *) exec "$@" ;;
esac

server=${PGBOUNCER_SERVER:?the server is not named} user=${PGBOUNCER_USER:-postgres}
run=/run/pgbouncer
install -d -o postgres -g postgres -m 0700 $run
umask 077
# Quotes are doubled in both files.
printf '"%s" "%s"\n' "$user" "$(sed 's/"/""/g' "${PGBOUNCER_PASSWORD_FILE:?the file with the password is not named}")" > $run/users
password=$(sed "s/'/''/g" "/run/secrets/${server}_password")
# The last of two settings of one name counts.
cat > $run/pgbouncer.ini <<EOF
[databases]
* = host=$server port=5432 user=$user password='$password'

[pgbouncer]
listen_addr = *
listen_port = 6432
unix_socket_dir =
auth_type = scram-sha-256
auth_file = $run/users
stats_users = $user
; A client keeps its connection to the server: settings of a session and prepared statements stay its own.
pool_mode = session
server_reset_query = DISCARD ALL
max_client_conn = 200
default_pool_size = 50
ignore_startup_parameters = extra_float_digits,options
; A recovered server may have another address, and its clients wait: 15 s by default, each of these.
server_login_retry = 0.1
dns_max_ttl = 0.5
dns_nxdomain_ttl = 0.5
; Nobody answers at an address that vanished.
server_connect_timeout = 1
query_wait_timeout = 5
log_connections = 0
log_disconnections = 0
EOF
for setting; do
    printf '%s = %s\n' "${setting%%=*}" "${setting#*=}" >> $run/pgbouncer.ini
done
chown postgres $run/users $run/pgbouncer.ini
exec setpriv --reuid=postgres --regid=postgres --init-groups pgbouncer $run/pgbouncer.ini
