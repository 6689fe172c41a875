"""Promotion: what one environment lacks of another, and the smallest change of files that brings it.

`lacks` compares two catalogs, `edits` changes the text of a YAML file and keeps everything else in it. Pure: nothing here reads a file,
knows Git, or the history.
"""
