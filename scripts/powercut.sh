#!/usr/bin/env bash
# Power cut on a real ext4 filesystem under load: the nodes' logs and mountpaths live on an image whose filesystem is forced down (nothing that
# was not flushed gets to the device any more), the processes are killed, the image is mounted again, the journal replayed, the cluster started,
# and every acknowledged object is compared with its source. Needs root.
#   scripts/powercut.sh [TOUR OPTIONS]     for example --quick
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
case ${1:-} in
  cut)
    exec dotnet exec "$root/artifacts/bin/Starling.Playground/release/playground.dll" shutdown-filesystem "$POWERCUT_MOUNT"
    ;;
  restore)
    # A killed process lets go of its files a moment after it is gone from the list.
    for attempt in $(seq 50); do
      if umount "$POWERCUT_MOUNT" 2>/dev/null; then break; fi
      if ((attempt == 50)); then
        echo "powercut: $POWERCUT_MOUNT is still in use after 10 s, by:" >&2
        for process in /proc/[0-9]*; do
          if ls -l "$process/fd" "$process/cwd" 2>/dev/null | grep -q "$POWERCUT_MOUNT"; then tr '\0' ' ' <"$process/cmdline" >&2; echo >&2; fi
        done
        exit 2
      fi
      sleep 0.2
    done
    exec mount -o loop "$POWERCUT_IMAGE" "$POWERCUT_MOUNT"
    ;;
esac
if [ "$(id -u)" != 0 ]; then
  echo "powercut: needs root, to mount an image and to force its filesystem down" >&2
  exit 2
fi
work=$(mktemp -d)
export POWERCUT_IMAGE=$work/disk.img POWERCUT_MOUNT=$work/disk
cleanup() {
  "$root/playground" stop --dir "$work/playground" >/dev/null 2>&1 || true
  umount "$POWERCUT_MOUNT" 2>/dev/null || true
  rm -rf "$work"
}
trap cleanup EXIT
mkdir -p "$POWERCUT_MOUNT" "$work/playground"
truncate -s 6G "$POWERCUT_IMAGE"
mkfs.ext4 -q -I 512 "$POWERCUT_IMAGE"
mount -o loop "$POWERCUT_IMAGE" "$POWERCUT_MOUNT"
for part in nodes mountpaths; do
  mkdir "$POWERCUT_MOUNT/$part"
  ln -s "$POWERCUT_MOUNT/$part" "$work/playground/$part"
done
"$root/playground" --tour --no-operations "$@" --dir "$work/playground" --port "${POWERCUT_PORT:-28080}" --power-cut "$root/scripts/powercut.sh"
