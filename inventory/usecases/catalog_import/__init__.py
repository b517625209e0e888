"""Importing catalogs from CSV files: read line by line, understood by product, each written whole or not at all.

`docs/catalog-import.md` describes the columns of both formats.
"""
