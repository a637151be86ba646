"""A contract, a target and options in, events on the way, a record and its exchanges out: it schedules the phases.

May import everything but `cli`, the plugin, `validation` and `report`.
"""
