# Keeps all processors busy, as many workers as there are, for an hour at most, whatever becomes of the caller. Run Command
# waits for what holds on to its output.
nohup stress-ng --cpu 0 --timeout 60m >/dev/null 2>&1 &
