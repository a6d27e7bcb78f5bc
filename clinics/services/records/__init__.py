"""Clinical records: append-only, signed, chained by hash. See docs/records.md."""
