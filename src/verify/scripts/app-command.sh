# Words that people give: they may be anything, so they run once. A command whose answer was lost is sent again.
app=/usr/local/bin/buddyverse-app
if ! test -x "$app"; then
  echo 'BUDDYVERSE-RUN no-app' >&2
  exit 97
fi
if ! mkdir "/run/buddyverse-run-@TOKEN@" 2>/dev/null; then
  echo 'BUDDYVERSE-RUN twice' >&2
  exit 98
fi
exec "$app" @WORDS@
