"""The schemas of schemas that JSON Schema publishes, for contracts that take schemas: they need no network.

They come with `jsonschema`, in its package `jsonschema-specifications`.
"""

from __future__ import annotations

import json

from clausewise.spec.document import Document

#: how the URIs of all of them begin
_PUBLISHED = ("https://json-schema.org/draft", "http://json-schema.org/draft")


def metaschema_at(uri: str) -> Document | None:
    """The metaschema, or vocabulary of one, with this URI; None where JSON Schema publishes none there."""
    if not uri.startswith(_PUBLISHED):
        return None
    from jsonschema_specifications import REGISTRY
    from referencing.exceptions import NoSuchResource

    try:
        # Those of the drafts up to 7 have an empty fragment in their own name.
        tree = REGISTRY.contents(uri)
    except NoSuchResource:
        return None
    text = json.dumps(tree, indent=2)
    return Document(uri, None, text, text.encode(), tree, uri)
