pkill stress-ng || true
