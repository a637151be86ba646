"""A refusal in; its complaints, and the request changed accordingly, out; imports `resources` and below."""
