#!/usr/bin/env bash
# `npm run test:all`: what takes too long for `npm test`: the whole kill matrix, the lifecycle over HTTP, and beside them the
# image test (docs/internals/image.md) where there are the rights for it.
set -euo pipefail
cd "$(dirname "$0")/.."

log=$(mktemp)
trap 'rm -f "$log"' EXIT
image=''
if not_run=$(bash test/image/run.sh --check); then
  npm run test:image >"$log" 2>&1 &
  image=$!
fi

failed=''
npm run test:long || failed="$failed npm run test:long;"
if [ -n "$image" ]; then
  wait "$image" || failed="$failed npm run test:image;"
  cat "$log"
else
  echo "NOT RUN: npm run test:image: $not_run"
fi
[ -z "$failed" ] || { echo "FAILED:$failed"; exit 1; }
