# What a run's disk keeper does with one of its disks: an ext4 file system in a file, on a loop device, mounted here.
#
#   make DISK BYTES   make it, empty, and print its device
#   remove DISK       remove it for good
#   flush DISK        flush to it what was written so far
#   fill DISK         leave no byte free, by a file of root's
#   room DISK         print how many bytes are free, and whether one more block can be written: yes or no
#   cut DISK          end it as a power cut does, and mount it as the next boot does
#   aftermath DISK    print what became of the journal at the last cut, and of what was written unflushed just before
set -eu
action=$1 disk=$2
file=/disks/$disk.img replayed=/disks/$disk.replayed mounted=/mounted/$disk
filler=$mounted/drillmaster.filler unflushed=$mounted/drillmaster.unflushed

device() { findmnt --noheadings --output SOURCE "$mounted"; }
free() { echo $(($(stat --file-system --format '%a * %S' "$mounted"))); }

make() {
    mkdir -p "$mounted"
    # Space is taken now (and not given back by mkfs): a full machine must not pass for a failing disk.
    fallocate --length "$1" "$file"
    # No reserve for root: full is full for everybody. Tables are written now: nothing is left to do later.
    mkfs.ext4 -q -b 4096 -m 0 -E nodiscard,lazy_itable_init=0,lazy_journal_init=0 "$file"
    # The kernel gives the device back when the last mount is gone, this one or the service's, however they end.
    mount -t ext4 -o loop "$file" "$mounted"
    # Software that makes its own data directory wants an empty one.
    rmdir "$mounted/lost+found"
    device
}

remove() {
    ! mountpoint --quiet "$mounted" || umount "$mounted"
    rm -f "$file" "$replayed"
}

flush() { sync --file-system "$mounted"; }

fill() {
    # A server that cannot grow a file gives back what it had got of it: take that too.
    for _ in 1 2 3; do
        # At once and without writing; what is left over, in fragments, by writing.
        fallocate --offset "$(size "$filler")" --length "$(($(free) + 1))" "$filler" 2> /dev/null || :
        cat /dev/zero 2> /dev/null >> "$filler" || :
        sleep 0.05
    done
}

size() { stat --format %s "$1" 2> /dev/null || echo 0; }

room() {
    if head -c 4096 /dev/zero 2> /dev/null > "$mounted/drillmaster.probe"; then written=yes; else written=no; fi
    rm -f "$mounted/drillmaster.probe"
    echo "$(free) $written"
}

cut() {
    device=$(device)
    # Held open: the kernel must not take the device back between the two mounts.
    exec 9< "$device"
    rm -f "$replayed"
    head -c 4096 /dev/zero > "$unflushed"
    # From here on the file system passes nothing more to its device, and fails whoever asks.
    xfs_io -x -c shutdown "$mounted"
    umount "$mounted"
    # The service's own mount goes with its container; until then nothing would be read anew.
    while [ -e "/sys/fs/ext4/${device#/dev/}" ]; do sleep 0.01; done
    ! dumpe2fs -h "$device" 2> /dev/null | grep --quiet needs_recovery || touch "$replayed"
    mount -t ext4 "$device" "$mounted"
}

aftermath() {
    if [ -e "$replayed" ]; then journal=replayed; else journal=untouched; fi
    if [ -s "$unflushed" ]; then written=kept; else written=gone; fi
    echo "$journal $written"
}

shift 2
case $action in
    make | remove) ;;
    *) mountpoint --quiet "$mounted" || { echo "it is not mounted" >&2; exit 1; } ;;
esac
"$action" "$@"
