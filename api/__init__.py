"""The JSON face: envelope, errors, pagination, rights and the description of every call."""
