"""The code of the pytest plugin: collected items and responses of clients in, verdicts and one Run record out.

`pytest_plugin.py` has its hooks and fixtures; these modules are imported only when a test uses them.
"""
