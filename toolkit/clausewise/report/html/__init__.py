"""report.html: the Run and its exchanges come in, one page goes out that needs nothing but a browser.

Each part of the page has a module that turns the record into what its template shows: `findings`, `contract`, `matrix`,
`charts`. Templates escape whatever they are given; nothing that a server wrote becomes a link, a style or a script.
"""

from clausewise.report.html.page import render

__all__ = ["render"]
