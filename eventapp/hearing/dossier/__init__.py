"""The record of a case to take away: PDF to read, JSON to compute with, ZIP with every file and proof.

For the case officer. Everything comes from the record's entries, so nothing can be left out silently: the export
says "N entries = N shown", and what was lawfully erased is listed as erased.
"""
