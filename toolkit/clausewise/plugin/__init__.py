"""What the pytest plugin is made of: pytest's collection and clients' responses in, verdicts and one Run record out.

`pytest_plugin.py` is the face of it; these modules are imported when a test project uses them, not before.
"""
