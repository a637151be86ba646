"""The phase `queries`: what a query asks a list for is what the list shows.

In: an operation that lists things and accepted a request. Out: requests that differ in their query alone, and a finding
where their answers contradict each other. `parameters.py` says what each parameter of the query is for, `listing.py`
reads lists, and `filters.py`, `pages.py` and `sorting.py` each judge one use of a query.

Lists change while they are read: other clients write, and other tasks of the run. So what is wrong is asked again, and
counts only where the whole list was the same before and after.
"""
