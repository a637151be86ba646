"""A refusal in; what it asks for, and the request changed to suit it, out; imports `resources` and below."""
