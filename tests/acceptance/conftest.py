"""The sample project is run by tests, as somebody else's project; its tests are not ours."""

collect_ignore = ["pytest_project"]
