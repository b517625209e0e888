"""`manage.py up`: all processes of a deployable under one parent that starts, watches and stops them."""
