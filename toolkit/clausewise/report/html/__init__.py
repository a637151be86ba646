"""report.html: the Run and its exchanges in, one self-contained page out.

Each part of the page has a module that prepares the values of its template: `findings`, `contract`, `matrix`, `charts`.
Templates escape every value; nothing that a server wrote becomes a link, a style or a script.
"""

from clausewise.report.html.page import render

__all__ = ["render"]
