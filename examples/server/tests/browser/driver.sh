#!/usr/bin/env bash
# Tells on standard output where Chromium is, then starts chromedriver on a free port, which that tells. When standard input ends, by
# whatever end of the test, it kills chromedriver, its browser and what they left behind. Exit code 3: they are not installed.
command -v chromedriver >/dev/null && command -v chromium || exit 3
set -m # a process group of its own for what is started
dir=$(mktemp -d -t passkeeper-browser-XXXXXX)
TMPDIR=$dir chromedriver --port=0 </dev/null 2>&1 &
trap '' INT TERM
cat >/dev/null
exec 2>/dev/null # bash would report what it kills
kill -KILL -- -$!
wait
rm -rf "$dir"
