# Which address does the internet see?
curl -sS -m 20 --retry 2 @CHECK_IP@
