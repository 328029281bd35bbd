# The timer does the same once a minute: Apache starts anew where the settings have changed.
systemctl start buddyverse-database.service
