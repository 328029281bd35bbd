# How many requests with this token in their user agent has Apache answered here?
cat /var/log/apache2/*access*.log /var/log/apache2/*access*.log.1 2>/dev/null | grep -c 'buddyverse-verify/@TOKEN@' || true
