"""Alembic's environment for every room: who migrates hands over the connection and the room."""

from alembic import context

room = context.config.attributes["room"]
context.configure(connection=context.config.attributes["connection"], version_table="alembic_version",
                  version_table_schema=room, include_schemas=True, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
