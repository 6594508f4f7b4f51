"""An OpenAPI document and a set of operations become an app."""
