#!/bin/sh
# Serve the files below /srv/files over HTTP, and back them up as often as the settings say.
#
#   FILES_USER           who may read and write; default files
#   FILES_PASSWORD_FILE  file with that user's password
#
# Arguments: `serve`, then settings as NAME=VALUE: directives of nginx's http block, and back_up_every, such as 5s (0:
# never). Anything else is run as a command.
set -eu

case "${1:-serve}" in
    serve) [ $# = 0 ] || shift ;;
    *) exec "$@" ;;
esac

run=/run/files
rm -rf $run
install -d -m 0755 $run $run/told
# The tree's own owner and mode are data: one that is there already is left as it is.
[ -d /srv/files ] || install -d -o www-data -g www-data -m 0750 /srv/files
install -d -o www-data -g www-data -m 0700 /srv/.incoming

# Salted, and quick to check, as the server does at every request: the password is long and random.
umask 077
python3 -c '
import base64, hashlib, os, sys
password, salt = sys.stdin.buffer.read().strip(), os.urandom(8)
print(sys.argv[1] + ":{SSHA}" + base64.b64encode(hashlib.sha1(password + salt).digest() + salt).decode())
' "${FILES_USER:-files}" < "${FILES_PASSWORD_FILE:?the file with the password is not named}" > $run/htpasswd
chown www-data $run/htpasswd
umask 022

# Who answers: the tree's own name, which a restored copy keeps, and this start of the server.
identity=/srv/files/.identity
[ -s $identity ] || { cat /proc/sys/kernel/random/uuid > $identity && chown www-data:www-data $identity; }
printf '{"system": "%s", "started": "%s"}\n' "$(cat $identity)" "$(date --utc +%Y-%m-%dT%H:%M:%S.%NZ)" > $run/told/identity

back_up_every=0
: > $run/settings.conf
for setting; do
    case $setting in
        back_up_every=*) back_up_every=${setting#*=} ;;
        *) echo "${setting%%=*} ${setting#*=};" >> $run/settings.conf ;;
    esac
    echo "$setting"
done > $run/told/settings

# In brackets, so that it is no child of the server's: those are what a backup holds.
[ "$back_up_every" = 0 ] || (back-up-files --every "$back_up_every" &)
exec nginx -c /etc/nginx/files.conf -g 'daemon off;'
