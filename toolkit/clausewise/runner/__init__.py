"""A Contract, a target and options in, a Run and its exchanges out: it schedules the phases and sends their requests.

May import everything but `cli`, the plugin, `validation` and `report`.
"""
