"""The field's public instances: their formats, their conventions, and the .sol form."""
