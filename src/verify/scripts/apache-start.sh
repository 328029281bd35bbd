systemctl start apache2
