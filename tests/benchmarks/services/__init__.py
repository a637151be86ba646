"""Defects of public services: how many of those on hand-kept lists each tool finds."""
