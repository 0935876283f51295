"""The connector of Example Teams: what its service means, in Doorward's words.

No module here opens a socket, waits, tries again or knows a secret: the host does that.
"""

# The `attributes` of a record that has no more to say than its fields.
NONE = ""
