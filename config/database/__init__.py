"""Databases of the deployable: addresses, roles, schemas, migrations."""
