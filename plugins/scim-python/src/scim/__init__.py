"""SCIM 2.0 (RFC 7643, RFC 7644): protocol logic and nothing else."""

# What a record has to say beyond its fields: nothing.
NONE = ""
