"""Entry of the built-in page; also its manage.py."""
import sys

from buddyverse_page import application  # noqa: F401

if __name__ == "__main__":
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
