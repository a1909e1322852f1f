"""Runs where other tools find them: a SQL index, files of tables, records of other machines."""
