"""The record: a chain of what was asked, decided and told, only ever added to. See docs/audit.md."""
