"""Documents as frozen pydantic models: what a person may write, and nothing else.

Here live the kinds of `apiVersion: transom.dev/v1`, their scalar types and their JSON Schemas. Models hold plain values, refuse unknown
fields and know neither Pulumi nor the network nor each other: links between documents are the catalog's business.
"""
