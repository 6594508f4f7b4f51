"""PostgreSQL: engine, embedded server, unit of work, COPY and migrations."""
