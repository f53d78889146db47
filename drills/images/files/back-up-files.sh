#!/bin/sh
# Back /srv/files up into the restic repository, as it was at one instant, and print restic's account as JSON.
#
#   back-up-files                     once
#   back-up-files --every 5s          for ever, as soon as there is a repository; what restic prints is the log
#
# A tree that is written to while it is read holds, in the copy, a later file without an earlier one. So the server is
# held for as long as it takes to make a second set of names for all files (hard links: about 10 microseconds a file),
# and that set is backed up while the server goes on. A file system with snapshots of its own makes this shorter still.
set -eu

if [ "${1:-}" = --every ]; then
    while sleep "$2"; do
        [ ! -e "$RESTIC_REPOSITORY/config" ] || "$0" > /dev/null || echo "back-up-files: no backup was taken" >&2
    done
fi

exec 9> /srv/.backing-up
flock 9

hold() {
    for worker in $workers; do kill -STOP "$worker"; done
    # Told to stop, a process may still end what it does.
    for worker in $workers; do until grep -q '^State:.T' "/proc/$worker/status"; do :; done; done
}
go_on() { for worker in $workers; do kill -CONT "$worker"; done; }

rm -rf /srv/.instant
mkdir -m 0700 /srv/.instant
server=$(cat /run/files/nginx.pid)
workers=$(cat "/proc/$server/task/$server/children")
trap go_on EXIT
hold
cp --archive --link /srv/files /srv/.instant
go_on
trap - EXIT

# The links changed every file's ctime, and nothing else of it.
cd /srv/.instant
restic backup --json --quiet --ignore-ctime files
rm -rf /srv/.instant
